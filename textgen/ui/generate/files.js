// The clipboard.

/** Put a text on the clipboard. It belongs to secure pages; a classroom's http has only the old way. */
export const copyText = async (/** @type {string} */ text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
};

/** @param {string} text */
const copyBySelection = (text) => {
  const box = document.createElement("textarea");
  box.style.cssText = "position: fixed; opacity: 0";
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
};
