/**
 * Buttons with menus, and the keys and buttons of commands, anywhere on the page. The menus and what
 * the commands do are loaded when the pointer or the focus reaches a button. Single-character keys
 * can be switched off, since voice input could trigger them.
 */
import { isComposing } from "../keys.js";
import { toggleList } from "../list/folding.js";
import { browserStore } from "../storage.js";
import { commandFor } from "./table.js";

/** Where the browser keeps whether single-character keys are used. */
export const SINGLE_KEYS = "quart-chat:keys";

const MENU_BUTTON = '[aria-haspopup="menu"]';

/** Commands that are too small or too urgent to be loaded later. */
const AT_ONCE = {
  ask: () => document.querySelector("#prompt").focus(),
  fold: toggleList,
  palette: async () => (await import("./palette.js")).toggle(),
};

document.addEventListener("click", click);
document.addEventListener("keydown", key);
for (const type of ["focusin", "pointerover", "pointerdown"]) {
  document.addEventListener(type, prepare, { passive: true });
}

function prepare({ target }) {
  if (target.closest?.(`${MENU_BUTTON}, [data-command], .chat-link`)) loadMenu();
}

let menus = null;

async function loadMenu() {
  menus ??= await import("./menu.js");
  return menus;
}

/** Use the menus, without delay once they are loaded: the next key is for the open menu. */
function withMenus(use) {
  if (menus) use(menus);
  else loadMenu().then(use);
}

function click({ target, detail }) {
  const button = target.closest(MENU_BUTTON);
  const control = target.closest("button[data-command]");
  if (button) withMenus(({ toggle }) => toggle(button, detail > 0));
  else if (control) run(control.dataset.command, control);
}

function key(event) {
  const { target } = event;
  if (event.defaultPrevented || isComposing(event) || document.querySelector("dialog:modal")) return;
  const button = target.closest?.(MENU_BUTTON);
  if (button && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    withMenus(({ open }) => open(button, event.key === "ArrowUp"));
    return;
  }
  if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && isTaken(target)) return;
  const command = commandFor(event);
  if (!command || (command === "ask" && !document.querySelector("#prompt"))) return;
  event.preventDefault();
  run(command, target);
}

/** Whether characters belong to an element, or are not to be shortcuts. */
function isTaken(element) {
  const isField = element.closest("input, textarea, select, [contenteditable]") !== null;
  return isField || browserStore.read(SINGLE_KEYS) === false;
}

/**
 * Perform a command.
 * @param {string} command
 * @param {Element} element What it is about: the chat or the message that it is in.
 * @param {HTMLElement} [item] The item that was chosen, if it was one.
 */
export async function run(command, element, item) {
  if (command in AT_ONCE) {
    AT_ONCE[command]();
    return;
  }
  const { run: perform, subjectOf } = await import("./actions.js");
  perform(command, subjectOf(element), item);
}
