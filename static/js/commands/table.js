/** The commands of the page, which the server has put into a template: their names, labels and keys. */
const template = document.querySelector("#commands");

/** The platform's key for shortcuts is Command on a Mac, and Control elsewhere. */
export const isMac = /^(Mac|iP)/.test(navigator.platform);

const MAC_KEYS = { Mod: "⌘", Shift: "⇧" };

/** The elements of all commands, in their order. */
export function commands() {
  return template ? [...template.content.children] : [];
}

/**
 * Create the elements of a menu.
 * @param {"chat" | "message" | "palette"} menu
 * @returns {HTMLElement[]}
 */
export function newItems(menu) {
  const offered = commands().filter(({ dataset }) => dataset.menus.split(" ").includes(menu));
  return offered.map((command) => withKeys(document.importNode(command, true)));
}

function withKeys(item) {
  const { keys } = item.dataset;
  if (!keys) return item;
  item.setAttribute("aria-keyshortcuts", keys.replace("Mod", isMac ? "Meta" : "Control"));
  if (isMac) item.querySelector("kbd").textContent = keys.split("+").map(macKey).join("");
  return item;
}

function macKey(key) {
  return MAC_KEYS[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

/**
 * The command that a key stands for at an element; undefined if there is none.
 * @param {KeyboardEvent} event
 */
export function commandFor(event) {
  const pressed = keysOf(event);
  const { dataset } = commands().find(({ dataset: { keys, place } }) => {
    return keys?.toLowerCase() === pressed && (!place || event.target.closest(place));
  }) ?? { dataset: {} };
  return dataset.command;
}

function keysOf({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  const [mod, other] = isMac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  // Shift is a part of a character, such as "?", unless it is pressed with another modifier.
  const shift = shiftKey && (mod || key.length > 1);
  return [mod && "mod", other && "other", altKey && "alt", shift && "shift", key.toLowerCase()]
    .filter(Boolean)
    .join("+");
}
