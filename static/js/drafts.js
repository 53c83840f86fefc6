/**
 * What is written and not sent yet, per chat, so that a reload loses nothing. The latest are kept;
 * where the browser stores nothing, nothing is kept.
 */
const KEY = "quart-chat:drafts";
const MOST = 30;

/** @param {string} chat Its id, or "" for a new one. */
export function loadDraft(chat) {
  return read()[chat || "new"] ?? "";
}

/** Keep a draft; an empty one is dropped. */
export function saveDraft(chat, text) {
  const drafts = read();
  const known = drafts[chat || "new"] ?? "";
  if (known === text) return;
  delete drafts[chat || "new"];
  if (text.trim()) drafts[chat || "new"] = text;
  write(Object.fromEntries(Object.entries(drafts).slice(-MOST)));
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function write(drafts) {
  try {
    localStorage.setItem(KEY, JSON.stringify(drafts));
  } catch {
    // Storage that is full or forbidden: the text is still in the field.
  }
}
