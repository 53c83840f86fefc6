/**
 * The rounds of a chat. Those that have ended stand in the log, which is a live region; a round
 * that runs stands below it, so that a screen reader reads an answer once, when it is whole.
 */
import { stickToEnd } from "./stick-to-end.js";

export class ChatLog extends HTMLElement {
  #controller = null;
  #goToEnd = null;

  connectedCallback() {
    this.#controller = new AbortController();
    this.#goToEnd = stickToEnd(this, document.querySelector(".to-end"), this.#controller.signal);
    this.#goToEnd();
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  /** Go where the newest is, and stay there while it grows. */
  goToEnd() {
    this.#goToEnd();
  }

  /**
   * The round of a number; one that is not there yet is made, and runs.
   * @param {number} number
   * @returns {import("./chat-round.js").ChatRound}
   */
  round(number) {
    const known = this.querySelector(`[data-round="${number}"]`);
    if (known) return known;
    const template = document.getElementById("round-template");
    const round = document.importNode(template.content.firstElementChild, true);
    round.dataset.round = number;
    this.#insert(round, this.#live);
    return round;
  }

  /** The round of a number has ended: it goes to the others. */
  settle(number) {
    const round = this.round(number);
    if (round.parentElement === this.#live) this.#insert(round, this.#log);
  }

  /** Forget every round. */
  clear() {
    this.#log.replaceChildren();
    this.#live.replaceChildren();
  }

  get #log() {
    return this.querySelector(".log");
  }

  get #live() {
    return this.querySelector(".live");
  }

  #insert(round, place) {
    const next = [...place.children].find((other) => other.number > round.number);
    place.insertBefore(round, next ?? null);
  }
}
