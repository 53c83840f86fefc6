/**
 * What is written and not sent yet, per chat, so that a reload loses nothing. The latest are kept;
 * where the browser stores nothing, nothing is kept.
 *
 * @typedef {{text: string, requestId?: string}} Draft With the name under which it may have been
 *   sent: whoever sends it again does not ask twice.
 */
import { browserStore, tabStore } from "../storage.js";

const KEY = "quart-chat:written";
const EDIT = "quart-chat:edit";
const MOST = 30;

/**
 * @param {string} chat Its id, or "" for a new one.
 * @returns {Draft}
 */
export function loadDraft(chat) {
  return read()[chat || "new"] ?? { text: "" };
}

/** Keep a draft; an empty one is dropped. */
export function saveDraft(chat, draft) {
  const drafts = read();
  delete drafts[chat || "new"];
  if (draft.text.trim()) drafts[chat || "new"] = draft;
  browserStore.write(KEY, Object.fromEntries(Object.entries(drafts).slice(-MOST)));
}

/**
 * Keep what a prompt is edited to while this tab is on another page, or is loaded again.
 * @param {{workflow: string, round: number, text: string}} edit
 */
export function keepEdit(edit) {
  tabStore.write(EDIT, edit);
}

/** Take back what was edited in a chat, which is kept no longer; null where nothing was. */
export function takeEdit(workflow) {
  const edit = tabStore.read(EDIT);
  if (edit?.workflow !== workflow) return null;
  tabStore.remove(EDIT);
  return edit;
}

function read() {
  return browserStore.read(KEY) ?? {};
}
