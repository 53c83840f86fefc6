/**
 * Copies a question, an answer or a block of code. An answer is copied as text and HTML that fit into
 * a mail, or as its Markdown source. The button confirms it for a moment, and a screen reader
 * announces it.
 */
import { readAnswer } from "../api.js";
import { writeMail, writeText } from "../clipboard.js";
import { toggleWrap } from "./code-blocks.js";
import { t } from "../texts.js";

// Milliseconds for which a button says that it has copied.
const SHOWN = 2000;

const COPY = {
  code: (button) => writeText(button.closest(".code").querySelector("code").textContent),
  prompt: (button) => writeText(button.closest(".round").querySelector(".prompt-text").textContent),
  answer: (button) => writeMail(read(button, "json").then((response) => response.json())),
  markdown: (button) => writeText(read(button, "md").then((response) => response.text())),
};

function read(button, form) {
  const { workflow } = button.closest("[data-workflow]").dataset;
  return readAnswer(workflow, button.closest(".round").number, form);
}

/**
 * @param {HTMLElement} app
 * @param {(text: string) => void} announce
 * @param {(reason: string) => void} fail
 * @param {AbortSignal} signal Ends it.
 */
export function attachCopying(app, announce, fail, signal) {
  const click = async ({ target }) => {
    const wrap = target.closest(".wrap-code");
    if (wrap) toggleWrap(wrap);
    const button = target.closest("[data-copy]");
    if (!button) return;
    try {
      await COPY[button.dataset.copy](button);
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
