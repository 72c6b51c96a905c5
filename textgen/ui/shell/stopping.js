// Requests that can be stopped: what Gradio makes of a stopped one, and when the next may begin.
(() => {
  const lab = window.TemperatureLab;
  // Gradio 6.31 calls a stopped request a failure, twice; until then it may stop the next one as well.
  const ENDINGS = 2;
  const SETTLED_AFTER = 2000; // ms, should it ever say so less often

  // memory.owed: failures that are still to come; memory.pending: what waits for them.
  lab.stopping = (memory) => {
    let timer = null;
    const settled = () => {
      clearTimeout(timer);
      const act = memory.pending;
      Object.assign(memory, { owed: 0, pending: null });
      act?.();
    };
    return {
      whenSettled: (act) => {
        if (memory.owed > 0) memory.pending = act;
        else act();
      },
      stopped: () => {
        memory.owed = ENDINGS;
        timer = setTimeout(settled, SETTLED_AFTER);
      },
      // A request ended without its last word → whether that was one that had been stopped.
      wasStopped: () => {
        if (!(memory.owed > 0)) return false;
        memory.owed -= 1;
        if (memory.owed === 0) settled();
        return true;
      },
    };
  };
})();
