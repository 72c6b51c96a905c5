// Share: what the page shows, as a link, as a QR code for a projector, as a frame for another page, and as
// what gives the same result elsewhere: Python code, commands of a terminal, a receipt.
import { h, render } from "../shell/dom.js";
import { Problem } from "../server/server.js";
import { say } from "../words/words.js";
import { openedTab } from "../frame/tabs.js";
import { linkTo } from "./address.js";
import { reachable, reachNote } from "./reach.js";

/**
 * @typedef {{ size: number, path: string }} Code a QR code's dark squares
 * @typedef {{ request: object, python: string, terminal: string, note: string }} Elsewhere
 * @typedef {(name: string, request: object) => Promise<any>} Ask
 */

const COPIED = 1_500; // ms that a button says so
const FRAME = { width: "100%", height: 640 };

/** A line that shows the link's tab alone in another page. @param {string} link */
export const frameLine = (link) => {
  const address = link.replaceAll("&", "&amp;").replaceAll('"', "%22");
  const { width, height } = FRAME;
  return `<iframe src="${address}" width="${width}" height="${height}" style="border: 0" `
    + 'title="Temperature Lab"></iframe>';
};

/** A button that opens the dialog. @param {Ask} ask @returns {{ node: HTMLElement, open: () => void }} */
export const createShare = (ask) => {
  const dialog = document.createElement("dialog");
  dialog.className = "share lab-root";
  dialog.setAttribute("aria-labelledby", "share-title");
  let link = "";
  /** @type {Code | null} */
  let code = null;
  /** @type {Elsewhere | null} */
  let elsewhere = null;
  let refusals = { code: "", elsewhere: "", paper: "" }; // why there is none
  let copied = ""; // the field that was copied last
  let waiting = ""; // what is to be said of the receipt that is made
  let closing = new AbortController(); // of the dialog: nothing is made for one that is closed
  let large = false; // whether the QR code fills the window

  const open = () => {
    link = reachable(linkTo());
    [code, elsewhere, copied, large] = [null, null, "", false];
    refusals = { code: "", elsewhere: "", paper: "" };
    [waiting, closing] = ["", new AbortController()];
    draw();
    dialog.showModal();
    const [own, asked] = [link, (/** @type {string} */ name, /** @type {object} */ what) => ask(name, what)];
    asked("qr_code", { text: own }).then((answer) => (code = answer))
      .catch(refused("code")).finally(draw);
    asked("elsewhere", { link: own }).then((answer) => (elsewhere = answer))
      .catch(refused("elsewhere")).finally(draw);
  };
  const refused = (/** @type {keyof typeof refusals} */ name) => (/** @type {unknown} */ error) => {
    if (!(error instanceof Problem)) throw error;
    refusals[name] = error.message;
  };
  const copy = async (/** @type {string} */ id, /** @type {string} */ text) => {
    const field = /** @type {HTMLTextAreaElement} */ (dialog.querySelector(`#${id}`));
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false)
      ?? false;
    if (!done) {
      field.select();
      document.execCommand("copy"); // a classroom's http has only the old way
    }
    copied = id;
    draw();
    setTimeout(() => {
      if (copied !== id) return;
      copied = "";
      draw();
    }, COPIED);
  };
  const receipt = async () => {
    const files = await import("../saving/files.js");
    const { signal } = closing;
    const waits = (/** @type {string} */ text) => {
      waiting = text;
      draw();
    };
    try {
      await files.saveNumbers(elsewhere?.request ?? {}, "receipt", { signal, waits });
      waits("");
    } catch (error) {
      if (!signal.aborted) waits(/** @type {Error} */ (error).message);
    }
  };

  /** A worksheet of the state, printed in place of the page. */
  const print = async () => {
    const { stateSheet } = await import("../learn/handout.js");
    try {
      const found = await ask("handout", { link });
      const sheet = document.createElement("div");
      sheet.className = "paper-sheet lab-root";
      render(sheet, stateSheet(found, code && squares(code)));
      document.body.append(sheet);
      document.documentElement.dataset.paper = "";
      window.addEventListener("afterprint", () => {
        sheet.remove();
        delete document.documentElement.dataset.paper;
      }, { once: true });
      dialog.close();
      window.print();
    } catch (error) {
      refused("paper")(error);
      draw();
    }
  };

  const field = (/** @type {string} */ name, /** @type {string} */ text, rows = 2) => {
    const id = `share-${name}`;
    return h("div", { class: "share-field", key: id },
      h("label", { for: id }, say(`head.share.${name}`)),
      h("textarea", {
        id, rows, readonly: true, spellcheck: "false", value: text,
        onfocus: (/** @type {any} */ { target }) => target.select(),
      }),
      h("button", { class: "button small", type: "button", onclick: () => copy(id, text) },
        copied === id ? say("head.copied") : say("head.copy"),
        h("span", { class: "lab-spoken" }, ` ${say(`head.share.${name}`)}`)));
  };
  const picture = () => {
    if (refusals.code) return h("p", { class: "muted", role: "status" }, refusals.code);
    if (!code) return h("p", { class: "muted" }, say("head.share.wait"));
    const toggle = () => {
      large = !large;
      draw();
    };
    return h("button", {
      class: "share-code", type: "button", onclick: toggle, "aria-pressed": large,
      title: say(large ? "head.share.smaller" : "head.share.larger"),
    }, squares(code));
  };
  const squares = (/** @type {Code} */ { size, path }) => h("svg", {
    viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": say("head.share.qr"),
    "shape-rendering": "crispEdges",
  }, h("rect", { width: size, height: size, fill: "#fff" }), h("path", { d: path }));
  const onPaper = () => [
    h("h3", {}, say("head.share.paper")), h("p", { class: "muted" }, say("head.share.paper.lead")),
    h("button", { class: "button", type: "button", onclick: print }, say("head.share.paper.print")),
    refusals.paper && h("p", { class: "note", role: "status" }, refusals.paper),
  ];
  const others = () => {
    if (refusals.elsewhere) return h("p", { class: "muted", role: "status" }, refusals.elsewhere);
    if (!elsewhere) return h("p", { class: "muted" }, say("head.share.wait"));
    const { python, terminal, note } = elsewhere;
    return [
      terminal ? field("terminal", terminal) : h("p", { class: "muted", key: "note" }, note),
      field("python", python, 5),
      h("button", { class: "button", type: "button", key: "receipt", onclick: receipt },
        say("head.share.receipt")),
      h("span", { class: "muted", role: "status", key: "waiting" }, waiting),
    ];
  };
  const draw = () => {
    dialog.classList.toggle("large", large);
    render(dialog,
      h("header", {}, h("h2", { id: "share-title" }, say("head.share.title")),
        h("button", { class: "button", type: "button", onclick: () => dialog.close() }, say("head.close"))),
      h("p", { class: "muted" }, say("head.share.lead")),
      reachNote() && h("p", { class: "note" }, reachNote()),
      h("div", { class: "share-pair" }, picture(),
        h("div", { class: "share-fields" }, field("link", link, 3),
          field("frame", frameLine(reachable(linkTo(undefined, "?embed=1")))))),
      openedTab() !== "learn" && onPaper(), // a lesson has a worksheet of its own
      h("h3", {}, say("head.share.elsewhere")), others());
  };
  dialog.addEventListener("close", () => closing.abort());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  const node = document.createElement("div");
  render(node, h("button", {
    class: "head-button", type: "button", title: say("head.share.title"), "aria-haspopup": "dialog",
    onclick: open,
  }, h("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", { d: ICON })),
  h("span", {}, say("head.share"))), dialog);
  return { node, open };
};
const ICON = "M11.5 5.5l-7 2.6M4.5 8.4l7 2.6M12.8 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 1 0 0 3.4"
  + "M3.2 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 1 0 0 3.4M12.8 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 1 0 0 3.4";
