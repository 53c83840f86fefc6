/** One question and all that answers it. */
import { t } from "./texts.js";

export class ChatRound extends HTMLElement {
  get number() {
    return Number(this.dataset.round);
  }

  get running() {
    return this.dataset.status === "running";
  }

  /** Show the question. */
  ask(message) {
    this.querySelector(".prompt-text").textContent = message.content;
  }

  /** Show a step. */
  step(log) {
    this.#steps.show(log);
  }

  /** Show the answer as it is. */
  answer(message, author) {
    this.#answer.show(message, author);
  }

  /** Add to the answer. */
  write(text) {
    this.#answer.write(text);
  }

  /**
   * Say how the round has ended.
   * @param {"complete" | "stopped" | "error"} status
   * @param {string | null} message
   */
  end(status, message) {
    this.dataset.status = status;
    const outcome = this.querySelector(".outcome");
    outcome.hidden = status === "complete";
    outcome.textContent = { complete: "", stopped: t("Stopped.") }[status] ?? message;
    this.#steps.end();
  }

  get #steps() {
    return this.querySelector("chat-steps");
  }

  get #answer() {
    return this.querySelector("chat-answer");
  }
}
