/**
 * The rounds of a chat. Those that have ended stand in the log, which is a live region; a round
 * that runs stands below it, so that a screen reader reads an answer once, when it is whole.
 */
import { countKept } from "./branch.js";
import { keepFocus } from "../focus.js";
import { findPlace, goToPlace, loadPlace, savePlace } from "./reading-place.js";
import { settle } from "./settling.js";
import { StickToEnd } from "./stick-to-end.js";

// Milliseconds that a new question stays at the top of the view, however fast the answer is.
const FIRST_LOOK = 1000;

export class ChatLog extends HTMLElement {
  #controller = null;
  #end = null;
  #expecting = false;
  /** The rounds below the log that are shown as a whole. */
  #whole = new WeakSet();

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const button = document.querySelector(".to-end");
    this.#end = new StickToEnd(this, button, signal);
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(this.#dock);
    signal.addEventListener("abort", () => observer.disconnect());
    window.addEventListener("pagehide", () => this.#remember(), { signal });
    window.addEventListener("pageshow", leaveToBrowser, { signal });
    if (document.readyState === "complete") leaveToBrowser();
    this.#open();
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  /** Whether the user has asked a question whose round has to be scrolled into view. */
  expect(expecting) {
    this.#expecting = expecting;
  }

  /** The number of the last round; 0 without one. */
  get lastNumber() {
    return this.#rounds.at(-1)?.number ?? 0;
  }

  /** Show a question that is on its way, where its round will be. */
  expectPrompt(element) {
    this.querySelector(".outbox").append(element);
    this.#giveRoom(element);
    this.#end.go(FIRST_LOOK);
  }

  /** Make a change that comes with the end of an answer: readers at the end stay there. */
  hold(change) {
    this.#end.hold(change);
  }

  /**
   * The round with a number; null if it is not on the branch or not loaded.
   * @param {number} number
   * @returns {import("./chat-round.js").ChatRound | null}
   */
  round(number) {
    return this.querySelector(`chat-round[data-round="${number}"]`);
  }

  /**
   * A round begins: it replaces the rounds after its parent.
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
    keepFocus(() => {
      remove(rounds.slice(at));
      this.#goToLatest();
    });
    this.#live.append(round);
    if (this.#end.sticking || this.#expecting) this.#showNew(round);
    return true;
  }

  /**
   * Show another branch, whose end the server has rendered. Common rounds in the log stay, and the
   * first new round takes the position of the first removed one. What is below the log may have gone
   * on since: the stream, which goes on from what was rendered, does not tell of that again.
   * @param {{rounds: ChatRound[], link: Element}} fragment
   */
  show({ rounds, link }) {
    const shown = this.#rounds;
    const settled = shown.filter((round) => round.parentElement !== this.#live);
    const kept = countKept(numbers(settled), numbers(rounds), rounds[0]?.parent ?? null);
    const last = shown[kept - 1]?.number ?? 0;
    const fresh = rounds.filter((round) => round.number > last);
    const step = shown[kept]?.focusedStep ?? -1;
    const top = shown[kept]?.getBoundingClientRect().top;
    for (const round of rounds) this.round(round.number)?.takeVersions(round);
    keepFocus(() => {
      remove(shown.slice(kept));
      this.#goToLatest();
      for (const round of fresh) (round.running ? this.#live : this.#log).append(round);
      if (kept === 0) this.querySelector("chat-earlier").replaceLink(link);
      if (this.#expecting && fresh.length) {
        this.#showNew(fresh.at(-1));
        return;
      }
      if (top === undefined || fresh.length === 0) return;
      window.scrollBy({ top: fresh[0].getBoundingClientRect().top - top, behavior: "instant" });
      if (step >= 0) fresh[0].focusStep(step);
    });
  }

  /** The page shows the latest rounds now, so remove the round from its address. */
  #goToLatest() {
    const later = this.querySelector(".later");
    if (!later) return;
    later.remove();
    const url = new URL(location.href);
    url.searchParams.delete("round");
    url.hash = "";
    history.replaceState(history.state, "", url);
  }

  /** An answer begins, perhaps with all of it: its beginning stays in view for a moment. */
  linger() {
    this.#end.wait(FIRST_LOOK);
  }

  /** A round has ended: move it to the log once its answer is shown as a whole, behind those before. */
  settle(round) {
    round.whenWhole(() => {
      this.#whole.add(round);
      const next = [...this.#live.children];
      while (this.#whole.has(next[0])) {
        const first = next.shift();
        this.hold(() => settle(first, this.#log));
      }
    });
  }

  /** Forget every round. */
  clear() {
    // Without a round after it, the link to earlier rounds has no place.
    this.querySelector(".earlier-link").hidden = true;
    remove(this.#rounds);
  }

  /** A new question is at the top of the view, and its answer is below it or will be. */
  #showNew(round) {
    this.#expecting = false;
    this.#giveRoom(round);
    this.#end.go(FIRST_LOOK);
    if (round.running) return;
    this.#end.hold(() => {});
    const bar = document.querySelector(".bar").getBoundingClientRect();
    const top = round.getBoundingClientRect().top - bar.bottom - this.#padding;
    window.scrollBy({ top: Math.min(top, 0), behavior: "instant" });
  }

  /** Scroll to the end, or to the place where the reader was. */
  #open() {
    if (this.#rounds.length === 0) return;
    const place = loadPlace();
    if (place?.room) this.#giveRoom(this.#rounds.at(-1));
    if (place ? !place.atEnd && goToPlace(place) : document.querySelector(":target")) {
      this.#end.letGo();
    } else {
      this.#end.go();
    }
  }

  /** The page is left: remember the reader's place, which the page restores and not the browser. */
  #remember() {
    history.scrollRestoration = "manual";
    const room = Boolean(this.#rounds.at(-1)?.style.minBlockSize);
    savePlace({ atEnd: this.#end.following, room, ...findPlace() });
  }

  /** The height of the question field has changed; it must not cover text in view. */
  #fit() {
    const height = this.#dock.offsetHeight;
    document.documentElement.style.setProperty("--dock", `${height}px`);
    this.#end.stay(() => {
      const last = this.querySelector(".unsent:last-child") ?? this.#rounds.at(-1);
      if (last?.style.minBlockSize) this.#giveRoom(last);
    });
  }

  /** Enough room for a round that its question can be at the top of the view. */
  #giveRoom(round) {
    for (const other of this.#rounds) {
      if (other !== round) other.style.removeProperty("min-block-size");
    }
    if (!round) return;
    const edges = document.querySelector(".bar").offsetHeight + this.#dock.offsetHeight;
    const taken = edges + 2 * this.#padding;
    round.style.minBlockSize = `calc(100dvh - ${taken}px)`;
  }

  /** Pixels above the first round and below the last. */
  get #padding() {
    return parseFloat(getComputedStyle(this.closest(".conversation")).paddingBlockEnd);
  }

  get #dock() {
    return document.querySelector(".dock");
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

/**
 * Later moves within the page are the browser's again. In the task and frame of this event it may
 * still restore the place at which the page was left.
 */
function leaveToBrowser() {
  requestAnimationFrame(() => setTimeout(() => (history.scrollRestoration = "auto")));
}

function numbers(rounds) {
  return rounds.map((round) => round.number);
}

function remove(rounds) {
  for (const round of rounds) round.remove();
}
