/**
 * The rounds of a chat. Those that have ended stand in the log, which is a live region; a round
 * that runs stands below it, so that a screen reader reads an answer once, when it is whole.
 */
import { countKept } from "./branch.js";
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
   * The round of a number; null where it is not on the branch, or not among what is loaded of it.
   * @param {number} number
   * @returns {import("./chat-round.js").ChatRound | null}
   */
  round(number) {
    return this.querySelector(`chat-round[data-round="${number}"]`);
  }

  /**
   * A round begins: it takes the place of what came after its parent so far.
   * @param {number} number
   * @param {number | null} parent
   * @returns {boolean} whether that place is on the page
   */
  grow(number, parent) {
    const rounds = this.#rounds;
    const at = parent === null ? 0 : rounds.findIndex((round) => round.number === parent) + 1;
    const replaced = rounds[at];
    if ((parent !== null && at === 0) || (replaced && replaced.parent !== parent)) return false;
    const template = document.getElementById("round-template");
    const round = document.importNode(template.content.firstElementChild, true);
    round.place(number, parent, [...(replaced?.versions ?? []), number]);
    remove(rounds.slice(at));
    this.#live.append(round);
    return true;
  }

  /**
   * Show another branch, as the server has rendered the end of it. What both have in common stays,
   * and the first that is new stands where the first was that goes.
   * @param {{rounds: ChatRound[], link: Element}} fragment
   */
  show({ rounds, link }) {
    const shown = this.#rounds;
    const kept = countKept(numbers(shown), numbers(rounds), rounds[0]?.parent ?? null);
    const last = shown[kept - 1]?.number ?? 0;
    const fresh = rounds.filter((round) => round.number > last);
    const step = shown[kept]?.focusedStep ?? -1;
    const top = shown[kept]?.getBoundingClientRect().top;
    for (const round of rounds) this.round(round.number)?.takeVersions(round);
    remove(shown.slice(kept));
    this.querySelector(".later")?.remove();
    for (const round of fresh) (round.running ? this.#live : this.#log).append(round);
    if (kept === 0) this.querySelector("chat-earlier").replaceLink(link);
    if (top === undefined || fresh.length === 0) return;
    window.scrollBy({ top: fresh[0].getBoundingClientRect().top - top, behavior: "instant" });
    if (step >= 0) fresh[0].focusStep(step);
  }

  /** The round of a number has ended: it goes to the others. */
  settle(number) {
    const round = this.round(number);
    if (round?.parentElement === this.#live) this.#log.append(round);
  }

  /** Forget every round. */
  clear() {
    remove(this.#rounds);
  }

  get #rounds() {
    return [...this.querySelectorAll("chat-round")];
  }

  get #log() {
    return this.querySelector(".log");
  }

  get #live() {
    return this.querySelector(".live");
  }
}

function numbers(rounds) {
  return rounds.map((round) => round.number);
}

function remove(rounds) {
  for (const round of rounds) round.remove();
}
