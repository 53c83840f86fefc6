/**
 * The keys that work anywhere on the page. Those of a single letter can be switched off, since a
 * voice that is taken for keys would press them.
 */
const KEY = "quart-chat:keys";

/** @param {HTMLDialogElement} dialog Lists them all, with the switch. */
export function attachShortcuts(dialog) {
  const box = dialog.querySelector("input");
  box.checked = isOn();
  box.addEventListener("change", () => setOn(box.checked));
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-shortcuts]")) open(dialog);
    else if (target === dialog) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isField(event.target) || document.querySelector("dialog[open]") || !isOn()) return;
    if (event.key === "?") open(dialog);
    else if (event.key === "/") document.querySelector("#prompt").focus();
    else return;
    event.preventDefault();
  });
}

/** From its top: where the window is small it would open at what can be pressed, which is last. */
function open(dialog) {
  dialog.showModal();
  dialog.querySelector("h2").focus();
}

function isField(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function isOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

function setOn(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Storage that is full or forbidden: it holds until the page is left.
  }
}
