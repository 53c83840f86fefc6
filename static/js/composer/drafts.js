/**
 * Unsent texts per chat, so that a reload loses nothing. Only the latest drafts are kept, and none if
 * the browser's storage is not available.
 *
 * @typedef {{text: string, requestId?: string}} Draft With the id under which it may have been sent:
 *   sending it again does not ask twice.
 */
import { browserStore, tabStore } from "../storage.js";

// Several users may share a browser, one after the other.
const user = document.documentElement.dataset.user;
const KEY = user ? `quart-chat:written:${user}` : "quart-chat:written";
const EDIT = user ? `quart-chat:edit:${user}` : "quart-chat:edit";
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
 * Keep an edited prompt while this tab is on another page, or reloads.
 * @param {{workflow: string, round: number, text: string}} edit
 */
export function keepEdit(edit) {
  tabStore.write(EDIT, edit);
}

/** Take the stored edit of a chat out of the storage; null if there is none. */
export function takeEdit(workflow) {
  const edit = tabStore.read(EDIT);
  if (edit?.workflow !== workflow) return null;
  tabStore.remove(EDIT);
  return edit;
}

function read() {
  return browserStore.read(KEY) ?? {};
}
