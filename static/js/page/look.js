/** The theme and the size of text: the server writes them into a page; here they change in open ones. */
import { browserStore } from "../storage.js";
import { ownName } from "../root.js";

const TOLD = "quart-chat:look";

/**
 * Show a look in this tab.
 * @param {{theme: string, text: string}} look Empty where nothing is set.
 */
export function showLook(look) {
  for (const name of ["theme", "text"]) {
    if (look[name]) document.documentElement.dataset[name] = look[name];
    else delete document.documentElement.dataset[name];
  }
}

/** Tell the other tabs of this browser. */
export function tellLook(look) {
  browserStore.write(TOLD, look);
}

addEventListener("storage", ({ key }) => {
  if (key === ownName(TOLD)) showLook(browserStore.read(TOLD) ?? {});
});
