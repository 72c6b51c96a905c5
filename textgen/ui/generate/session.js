// Legs of a run: begin, go on, stop, take another way. The server forgets; the page holds the record.
(() => {
  const lab = window.TemperatureLab;
  const QUIET_AFTER = 8000; // ms without an answer until the page says so

  lab.invitation = "All texts begin with the same luck: where they part, their settings parted them.";

  // memory.run: the texts; memory.leg: the request that writes, or wrote last. `ask` sends an event.
  lab.writingSession = ({ memory, ask, config, length, onChange, say }) => {
    const { whenSettled, stopped, wasStopped } = lab.stopping(memory);
    let patience = null;

    const open = (event, data, leg) => {
      memory.serial = (memory.serial ?? Date.now()) + 1;
      memory.leg = { id: memory.serial, read: 0, seconds: 0, tokens: {}, begun: false, closed: false, ...leg };
      ask(event, { ...data, leg: memory.leg.id, vocabulary: memory.vocabulary?.key ?? "" });
      wait();
      onChange();
    };
    const close = (text) => {
      if (memory.leg) memory.leg.closed = true;
      memory.ended = (memory.ended ?? 0) + 1;
      clearTimeout(patience);
      say(text);
      onChange();
    };
    const wait = () => {
      clearTimeout(patience);
      patience = setTimeout(() => say("No answer yet: the server may be busy. Stop keeps what there is."), QUIET_AFTER);
    };
    const busy = () => !!memory.leg && !memory.leg.closed;

    // ---- what the reader asks for
    const start = (panes) => whenSettled(() => {
      say("Writing…");
      open("write", { panes, length: length() }, { panes: structuredClone(panes), where: panes.map((_, i) => i) });
    });
    const goOn = () => whenSettled(() => {
      say("Writing on…");
      send(memory.run.panes.map((text) => lab.recordOf(text)), memory.run.panes.map((_, i) => i), goal());
    });
    const goal = () => {
      const lengths = lab.lengths(memory.run);
      const [shortest, longest] = [Math.min(...lab.openLengths(memory.run)), Math.max(...lengths)];
      if (shortest < memory.run.goal && longest <= memory.run.goal) return memory.run.goal;
      return Math.min(config.maxLength, longest + (Number(length()) || config.length));
    };
    const send = (texts, where, end, extra = {}) => {
      const { model, prompt, seed } = memory.run.head;
      open("go_on", { model, prompt, seed, texts, goal: end }, { where, goal: end, ...extra });
    };
    const branch = (place, id) => {
      if (busy()) stop();
      whenSettled(() => fork(place, id));
    };
    const fork = ({ pane, index }, id) => {
      const text = memory.run.panes[pane];
      const own = lab.branchOf(text).ids;
      const end = Math.max(own.length, index + 1, Math.min(memory.run.goal, config.maxLength));
      say(`Another way from token ${index + 1}…`);
      send([lab.recordOf(text, index, id)], [pane], end, { fork: { pane, index, pick: id } });
    };
    const stop = () => {
      stopped();
      ask("stop", {});
      const held = memory.run ? Math.max(...lab.lengths(memory.run)) : 0;
      close(held ? `Stopped at token ${held.toLocaleString("en")}. ${onwards()}` : "Stopped.");
    };
    const onwards = () => (memory.run?.panes.some((text) => lab.isBeam(text.pane)) ? "Continue searches on from what is certain." : "Continue goes on as if it had never stopped.");
    const drop = () => {
      if (busy()) stop();
      Object.assign(memory, { run: null, pending: null });
      say(lab.invitation);
    };

    // ---- what the server answers
    const receive = (value) => {
      const leg = memory.leg;
      if (!leg || value.leg !== leg.id) return;
      if (leg.closed) return;
      wait();
      if (!leg.begun) begin(leg, value);
      if (leg.read < value.cut) return catchUp(value.done);
      read(leg, value);
      if (value.done) return finish(leg, value.done);
      onChange();
    };
    const begin = (leg, value) => {
      leg.begun = true;
      const head = JSON.parse(value.head);
      if (value.tokens) memory.vocabulary = { key: head.vocabulary, ...JSON.parse(value.tokens) };
      if (leg.panes) {
        memory.run = lab.beginRun(head, memory.vocabulary, leg.panes);
        ask("seeded", {});
      }
      if (leg.fork) lab.fork(memory.run.panes[leg.fork.pane], leg.fork.index, leg.fork.pick);
      if (leg.goal) memory.run.goal = leg.goal;
      lab.beginLeg(memory.run, leg.where);
    };
    const read = (leg, { stream, cut }) => {
      for (const line of stream.slice(leg.read - cut).split("\n")) {
        if (line) count(leg, lab.addLine(memory.run, line, leg.where));
      }
      leg.read = cut + stream.length;
    };
    // The page was away while more was written than a message holds: write again from what there is.
    const catchUp = (done) => {
      if (done) close("");
      else stop();
      say("Catching up…");
      goOn();
    };
    const count = (leg, { panes, n, seconds }) => {
      leg.seconds = seconds;
      for (const pane of panes) leg.tokens[pane] = (leg.tokens[pane] ?? 0) + n;
    };
    const finish = (leg, why) => {
      const took = `${leg.seconds.toFixed(1)} s`;
      const all = Object.values(leg.tokens).reduce((a, b) => a + b, 0);
      close(why === "deadline" ? `Stopped by the server after ${took}. ${onwards()}` : `Done: ${all.toLocaleString("en")} tokens in ${took}.`);
    };

    // A request ended without its last word: it was stopped, or the server refused, or broke.
    const ended = () => {
      if (!wasStopped() && busy()) close(memory.run ? "That could not be done; the texts are as they were." : "That could not be done.");
    };

    return { ended, start, goOn, goal, branch, stop, drop, receive, busy };
  };

  lab.paneRate = (leg, pane) => (leg?.seconds > 0 ? (leg.tokens[pane] ?? 0) / leg.seconds : 0);
  lab.totalRate = (leg) => Object.keys(leg?.tokens ?? {}).reduce((sum, pane) => sum + lab.paneRate(leg, pane), 0);
})();
