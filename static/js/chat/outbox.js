/**
 * The questions that are not stored yet: each is shown at once below the rounds, marked until it
 * arrives as a stored message, or marked as not sent, with buttons to try again and to edit it.
 */
import { keepFocus } from "../focus.js";
import { t } from "../texts.js";

/** A question on its way. */
export class Unsent {
  #element;
  #after;

  /**
   * @param {HTMLElement} log The chat's log, which shows it.
   * @param {string} prompt
   * @param {{again: () => void, edit: () => void}} actions What its buttons do.
   */
  constructor(log, prompt, actions) {
    this.prompt = prompt;
    this.#after = log.lastNumber;
    const template = document.getElementById("unsent-template");
    this.#element = document.importNode(template.content.firstElementChild, true);
    this.#element.querySelector(".prompt-text").textContent = prompt;
    for (const [name, act] of Object.entries(actions)) {
      this.#element.querySelector(`.unsent-${name}`).addEventListener("click", act);
    }
    log.expectPrompt(this.#element);
  }

  /** Mark it as being sent. */
  sending() {
    this.#mark("", t("Sending…"));
  }

  /** Mark it as not sent. */
  fail(reason) {
    this.#mark(reason, t("Not sent. {reason}", { reason }));
  }

  /** Whether a stored prompt of a round is this one. */
  is(prompt, number) {
    return number > this.#after && prompt.trim() === this.prompt.trim();
  }

  remove() {
    keepFocus(() => this.#element.remove());
  }

  #mark(reason, text) {
    keepFocus(() => this.#element.toggleAttribute("data-failed", Boolean(reason)));
    this.#element.querySelector(".unsent-state").textContent = text;
  }
}
