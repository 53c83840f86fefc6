/**
 * What is written and not sent yet, per chat, so that a reload loses nothing. The latest are kept;
 * where the browser stores nothing, nothing is kept.
 */
const KEY = "quart-chat:drafts";
const EDIT = "quart-chat:edit";
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

/**
 * Keep what a prompt is edited to while this tab is on another page, or is loaded again.
 * @param {{workflow: string, round: number, text: string}} edit
 */
export function keepEdit(edit) {
  try {
    sessionStorage.setItem(EDIT, JSON.stringify(edit));
  } catch {
    // Storage that is full or forbidden: it is lost with the page.
  }
}

/** Take back what was edited in a chat; null where nothing was. */
export function takeEdit(workflow) {
  try {
    const edit = JSON.parse(sessionStorage.getItem(EDIT));
    if (edit?.workflow !== workflow) return null;
    sessionStorage.removeItem(EDIT);
    return edit;
  } catch {
    return null;
  }
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
