/**
 * Copies a question, an answer as it was written in Markdown, or a block of code. The button says
 * for a moment that it is done, and a screen reader is told.
 */
import { readAnswer } from "../api.js";
import { t } from "../texts.js";

// Milliseconds for which a button says that it has copied.
const SHOWN = 2000;

const SOURCES = {
  code: (button) => button.closest(".code").querySelector("code").textContent,
  prompt: (button) => button.closest(".round").querySelector(".prompt-text").textContent,
  answer: (button) => {
    const { workflow } = button.closest("[data-workflow]").dataset;
    return readAnswer(workflow, button.closest(".round").number);
  },
};

/**
 * @param {HTMLElement} app
 * @param {(text: string) => void} announce
 * @param {(reason: string) => void} fail
 * @param {AbortSignal} signal Ends it.
 */
export function attachCopying(app, announce, fail, signal) {
  const click = async ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    try {
      await write(SOURCES[button.dataset.copy](button));
    } catch {
      fail(t("It could not be copied."));
      return;
    }
    announce(t("Copied."));
    button.dataset.done = "";
    setTimeout(() => button.removeAttribute("data-done"), SHOWN);
  };
  app.addEventListener("click", click, { signal });
}

/** Write a text, or one that is still to come, to the clipboard. */
async function write(text) {
  if (!navigator.clipboard) {
    writeThroughField(await text);
    return;
  }
  // The permission is that of the click: it would be gone once the text has come.
  const blob = Promise.resolve(text).then((ready) => new Blob([ready], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Pages that came over HTTP from another machine have no clipboard of their own. */
function writeThroughField(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new Error();
}
