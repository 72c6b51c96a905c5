// How the Draws tab talks to the server, and the one number that it remembers.
(() => {
  const lab = window.TemperatureLab;

  // One request at a time, so that an answer always belongs to the latest question. A look that
  // waits is replaced by the next one; draws are never dropped.
  lab.channel = (send, onChange) => {
    let busy = null;
    const waiting = [];
    const next = () => {
      busy = waiting.shift() ?? null;
      if (busy) busy.serial = send(busy.event, busy.changes);
      onChange(!busy);
    };
    const ask = (event, changes = {}) => {
      const last = waiting.at(-1);
      if (event === "look" && last?.event === "look") Object.assign(last.changes, changes);
      else waiting.push({ event, changes: { ...changes } });
      if (!busy) next();
    };
    const answered = (serial) => {
      if (busy?.serial !== serial) return null;
      const { event } = busy;
      next();
      return event;
    };
    return { ask, answered, failed: next };
  };

  // The number of draws shown survives a reload of the page, so that their loss can be told.
  const KEY = "temperature-lab-draws";
  lab.drawsShown = () => {
    try {
      return Math.max(0, Math.trunc(Number(sessionStorage.getItem(KEY)))) || 0;
    } catch {
      return 0; // storage is switched off
    }
  };
  lab.rememberDraws = (n) => {
    try {
      sessionStorage.setItem(KEY, String(n));
    } catch {
      // storage is switched off
    }
  };
})();
