/**
 * Copies a question, the Markdown source of an answer, or a block of code. The button confirms it for
 * a moment, and a screen reader announces it.
 */
import { readAnswer } from "../api.js";
import { writeText } from "../clipboard.js";
import { toggleWrap } from "./code-blocks.js";
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
    const wrap = target.closest(".wrap-code");
    if (wrap) toggleWrap(wrap);
    const button = target.closest("[data-copy]");
    if (!button) return;
    try {
      await writeText(SOURCES[button.dataset.copy](button));
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
