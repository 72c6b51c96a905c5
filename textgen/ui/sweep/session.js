// One sweep at a time: begin, hear how far it is, stop. The server holds the results, the page looks at them.
(() => {
  const lab = window.TemperatureLab;
  const WAITS_AFTER = 1500; // ms without an answer until the page says that the sweep waits

  // memory.leg: the sweep that is written, or was last; memory.run: the one whose results are shown.
  lab.sweepSession = ({ memory, ask, limits, onChange, onResults }) => {
    const { whenSettled, stopped, wasStopped } = lab.stopping(memory);
    let patience = null;

    const busy = () => !!memory.leg && !memory.leg.closed;
    const say = (text) => { memory.said = text; };
    const begin = (form) => whenSettled(() => {
      memory.serial = (memory.serial ?? Date.now()) + 1;
      memory.leg = { id: memory.serial, form, last: null, closed: false };
      say("Checking…");
      ask("run", { ...form, leg: memory.leg.id });
      patience = setTimeout(waits, WAITS_AFTER);
      onChange();
    });
    const waits = () => {
      if (!busy() || memory.leg.last) return;
      say(`Waiting for its turn: this server writes ${lab.count(limits.sweeps, "sweep")} at a time.`);
      onChange();
    };
    const close = (text) => {
      clearTimeout(patience);
      const { last } = memory.leg;
      if (last?.done && last.seconds > 0.2) memory.rate = last.done / last.seconds;
      memory.leg.closed = true;
      say(text);
      onChange();
    };
    const stop = () => {
      if (!busy()) return;
      stopped();
      ask("stop", {});
      const { last } = memory.leg;
      close(last?.texts ? `Stopped. ${lab.count(last.texts, "text")} are finished and kept.` : "Stopped before the first texts were finished.");
      if (last?.texts) results(last);
    };

    const receive = (message) => {
      const { leg } = memory;
      if (!leg || leg.closed || message.leg !== leg.id) return;
      const before = leg.last?.version ?? 0;
      leg.last = message;
      if (message.version > before) results(message);
      if (message.complete) close(`${lab.count(message.texts, "text")} in ${lab.secondsText(message.seconds)}.`);
      else {
        say(progressText(message));
        onChange();
      }
    };
    const results = ({ run }) => {
      const fresh = memory.run !== run;
      memory.run = run;
      onResults(fresh, memory.leg.form);
    };
    const progressText = ({ done, total, left, texts }) => {
      const share = `${Math.floor((100 * done) / total)}% · ${done.toLocaleString("en")} of ${lab.count(total, "token")}`;
      return [share, texts ? `${lab.count(texts, "text")} finished` : "", left ? `about ${lab.secondsText(left)} left` : ""].filter(Boolean).join(" · ");
    };

    // A request ended without its last word: it was stopped, or the server refused, or broke.
    const ended = () => {
      if (!wasStopped() && busy()) close(memory.run ? "That was not done; the results below are as they were." : "That was not done.");
    };
    const share = () => (memory.leg?.last ? memory.leg.last.done / memory.leg.last.total : 0);
    return { begin, stop, receive, ended, busy, share };
  };
})();
