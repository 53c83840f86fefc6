/**
 * Waits for answers that end while every tab is hidden. Hidden tabs close their streams, so that
 * visible ones can have one. If notifications are on, one hidden tab keeps its stream for all, until
 * no answer is running any more: the list of chats, on every stream, says which answers end.
 */
import { isWanted, notify } from "./notifications.js";
import { ownName } from "../root.js";

const LOCK = ownName("quart-chat-watch");

/** Milliseconds within which another tab may report that it shows the answer. */
const SEEN_ELSEWHERE = 1000;

export class AnswerWatch {
  #stream;
  #awaited = new Set();
  #chats = new Map();
  #ended = new Set();
  #waiting = null;
  #release = null;

  /**
   * @param {{pause: () => void, resume: () => void}} stream
   * @param {Iterable<string>} running The ids of the chats that are being answered.
   */
  constructor(stream, running) {
    this.#stream = stream;
    this.#awaited = new Set(running);
  }

  /** Handle an entry of the list of chats. */
  see(workflow) {
    const { id, status, deleted } = workflow;
    this.#chats.set(id, workflow);
    if (status === "running") this.#awaited.add(id);
    else if (this.#awaited.delete(id) && !deleted && this.#release) this.#tellSoon(id);
  }

  /** The tab is hidden: close the stream, or keep it for all hidden tabs. */
  hide() {
    if (this.#release) return;
    if (!isWanted() || !this.#awaited.size) {
      this.#stream.pause();
      return;
    }
    navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
      if (!document.hidden) return null;
      if (lock) return this.#hold();
      this.#stream.pause();
      this.#queue();
      return null;
    }).catch(() => this.#stream.pause());
  }

  /** The tab is shown or closed: another tab may watch. */
  show() {
    this.#waiting?.abort();
    this.#release?.();
    this.#release = null;
  }

  /** Take over from the tab that watches now, as soon as that is shown or closed. */
  #queue() {
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    const takeOver = () => {
      this.#stream.resume();
      return this.#hold();
    };
    navigator.locks.request(LOCK, { signal }, takeOver).catch(() => {});
  }

  #hold() {
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  #tellSoon(id) {
    this.#ended.add(id);
    setTimeout(() => this.#tell(id), SEEN_ELSEWHERE);
  }

  #tell(id) {
    this.#ended.delete(id);
    if (!this.#release) return;
    const chat = this.#chats.get(id);
    if (chat.unread && chat.status !== "running" && !chat.deleted) notify(chat);
    if (this.#awaited.size || this.#ended.size) return;
    this.show();
    this.#stream.pause();
  }
}
