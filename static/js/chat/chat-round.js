/** One question and its answer. */
import { attachFolding, showQuestion } from "./question.js";
import { t } from "../texts.js";

const LIBRARIAN = "librarian";

export class ChatRound extends HTMLElement {
  connectedCallback() {
    attachFolding(this);
  }

  get number() {
    return Number(this.dataset.round);
  }

  get running() {
    return this.dataset.status === "running";
  }

  get prompt() {
    return this.querySelector(".prompt-text").textContent;
  }

  get answered() {
    return !this.#answer.hidden;
  }

  /** The number of the round before this one; null for the first. */
  get parent() {
    return Number(this.dataset.parent) || null;
  }

  /** The numbers of the rounds that are versions of this one, itself among them. */
  get versions() {
    return this.dataset.versions.split(" ").map(Number);
  }

  set versions(numbers) {
    this.dataset.versions = numbers.join(" ");
    const index = numbers.indexOf(this.number);
    const [previous, next] = this.#stepButtons;
    step(previous, numbers[index - 1]);
    step(next, numbers[index + 1]);
    const values = { place: index + 1, count: numbers.length };
    this.querySelector(".versions").hidden = numbers.length < 2;
    this.querySelector(".versions-place").textContent = t("{place} of {count}", values);
  }

  /** Take over the versions from another element of the same round. */
  takeVersions(round) {
    if (round.dataset.versions !== this.dataset.versions) this.versions = round.versions;
  }

  /** Which of the two arrows to other versions has the focus, -1 for none. */
  get focusedStep() {
    return this.#stepButtons.indexOf(document.activeElement);
  }

  /** Focus an arrow to another version, or the other arrow if there is no further version. */
  focusStep(index) {
    const buttons = this.#stepButtons;
    const button = buttons[index].disabled ? buttons[1 - index] : buttons[index];
    button.focus({ preventScroll: true });
  }

  /**
   * Set the position in the chat.
   * @param {number} number
   * @param {number | null} parent
   * @param {number[]} versions
   */
  place(number, parent, versions) {
    this.id = `round-${number}`;
    this.dataset.round = number;
    this.dataset.parent = parent ?? "";
    this.versions = versions;
    this.querySelector(".edit").href = `${location.pathname}/rounds/${number}/edit`;
  }

  /** Show the question. */
  ask(message) {
    showQuestion(this, message.content);
  }

  /** Show a step. */
  step(log) {
    this.#steps.show(log);
  }

  /** Show the answer as it is. */
  answer(message, author) {
    this.#answer.show(message, author);
  }

  /** Call back when the answer is shown as a whole. */
  whenWhole(call) {
    const { whole } = this.#answer;
    if (whole) whole.then(call);
    else call();
  }

  /** Add to the answer. */
  write(text) {
    this.#answer.write(text);
  }

  /**
   * Show how the round has ended.
   * @param {"complete" | "stopped" | "error"} status
   * @param {string | null} message
   * @param {string} [assistant] The assistant that has failed.
   */
  end(status, message, assistant) {
    this.dataset.status = status;
    const outcome = this.querySelector(".outcome");
    outcome.hidden = status === "complete";
    const texts = { complete: [], stopped: [t("Stopped.")] }[status];
    outcome.replaceChildren(...(texts ?? explain(message)));
    this.#steps.sumUp();
    this.#offer(status === "error", assistant);
  }

  #offer(failed, assistant) {
    const again = this.querySelector(".again-same span");
    if (!again) return; // it is only read
    again.textContent = failed ? t("Try again") : t("Regenerate");
    const librarian = this.querySelector(".again-librarian");
    if (librarian) librarian.hidden = !failed || assistant === LIBRARIAN;
  }

  get #stepButtons() {
    return [...this.querySelectorAll(".versions button")];
  }

  get #steps() {
    return this.querySelector("chat-steps");
  }

  get #answer() {
    return this.querySelector("chat-answer");
  }
}

/** The cause of an error, and below it what else there is to say. */
function explain(message) {
  return message.split("\n").map((line, index) => {
    const element = document.createElement(index ? "span" : "strong");
    element.textContent = line;
    return element;
  });
}

function step(button, number) {
  button.value = number ?? "";
  button.disabled = !number;
}
