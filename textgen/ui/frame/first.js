// Runs before anything is painted, inlined in the page: whether it is dark, whether the sidebar is folded.
// theme.js and sidebar.js write what is read here.
{
  const kept = (/** @type {"localStorage" | "sessionStorage"} */ storage, /** @type {string} */ name) => {
    try {
      return window[storage].getItem(name);
    } catch {
      return null; // a browser that keeps nothing
    }
  };
  const root = document.documentElement;
  const address = new URL(window.location.href);
  const named = address.searchParams.get("__theme");
  const wanted = named ?? kept("localStorage", "temperature-lab-theme");
  const dark = wanted === "dark"
    || (wanted !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  root.style.colorScheme = dark ? "dark" : "light";
  document.body.style.background = "Canvas";
  document.body.classList.toggle("dark", dark);
  if (named === null) { // else Gradio decides by the system alone; frame.js clears the address again
    address.searchParams.set("__theme", dark ? "dark" : "light");
    window.history.replaceState(window.history.state, "", address);
    root.dataset.themed = "";
  }
  const { searchParams } = address;
  const isOn = (/** @type {string} */ name) => !["0", "false"].includes(searchParams.get(name) ?? "0");
  const embed = isOn("embed");
  if (embed) root.dataset.embed = "";
  if (isOn("big")) root.dataset.big = "";
  root.dataset.hide = (address.searchParams.get("hide") ?? "").replaceAll(",", " ");
  if (embed) root.dataset.hide += " sidebar tabs head";
  if (!embed && kept("sessionStorage", "temperature-lab-teach") !== null) root.dataset.teach = "";
  if (kept("sessionStorage", "temperature-lab-folded") !== null) root.dataset.folded = "";
}
