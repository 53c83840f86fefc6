/**
 * The keys that work anywhere on the page. Single-character keys can be switched off, since voice
 * input could trigger them.
 */
import { isComposing } from "./keys.js";
import { browserStore } from "./storage.js";

const KEY = "quart-chat:keys";

/** @param {HTMLDialogElement} dialog Lists the keys, with the switch. */
export function attachShortcuts(dialog) {
  const box = dialog.querySelector("input");
  box.checked = isOn();
  box.addEventListener("change", () => browserStore.write(KEY, box.checked));
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-shortcuts]")) open(dialog);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isComposing(event)) return;
    if (isField(event.target) || document.querySelector("dialog[open]") || !isOn()) return;
    if (event.key === "?") open(dialog);
    else if (event.key === "/") document.querySelector("#prompt").focus();
    else return;
    event.preventDefault();
  });
}

/** Open at the top: in a small window it would scroll to its first control, which is last. */
function open(dialog) {
  dialog.showModal();
  dialog.querySelector("h2").focus();
}

function isField(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

function isOn() {
  return browserStore.read(KEY) !== false;
}
