/**
 * Holds a connection while the page is in view, and releases it while it is hidden: a page in the
 * background would keep one from those that are read. A page that is frozen, kept for the way back,
 * or on a machine that slept may have lost its connection without being told: it connects again from
 * where it was. Windows in view without a permit are told by others when something has changed, and
 * then catch up.
 */
import { ConnectionSemaphore } from "./connection-semaphore.js";

const TICK = 10_000;
const SLEPT = 30_000;

export class ConnectionLifecycle {
  #signal;
  #stream;
  #watch;
  #semaphore = new ConnectionSemaphore(() => this.#lost());
  #channel = null;
  #coming = false;
  #left = false;
  #visiting = false;

  /**
   * @param {import("./page-stream.js").PageStream} stream
   * @param {import("./answer-watch.js").AnswerWatch} watch Decides what becomes of the stream while
   *   the page is hidden.
   * @param {AbortSignal} signal Ends it, and lets go of the connection.
   */
  constructor(stream, watch, signal) {
    this.#signal = signal;
    this.#stream = stream;
    this.#watch = watch;
    const on = (target, type, action) => target.addEventListener(type, action, { signal });
    const renew = () => this.#renew();
    on(document, "visibilitychange", () => (document.hidden ? this.#hide() : this.#come()));
    on(document, "freeze", () => this.#rest());
    on(document, "resume", renew);
    on(window, "focus", () => ConnectionSemaphore.scarce && !this.#semaphore.held && this.#come());
    on(window, "pagehide", () => this.#rest());
    on(window, "pageshow", (event) => event.persisted && renew());
    // Another network. To be offline says little: the server may be this machine.
    on(window, "online", renew);
    on(window, "offline", renew);
    onWake(renew, signal);
    signal.addEventListener("abort", () => this.#rest());
    this.#come();
  }

  /** The list has changed, which windows without a connection don't know. */
  tell() {
    if (this.#semaphore.held) this.#channel?.postMessage(null);
  }

  /** Whether the page is hidden, or nothing is wanted any more. */
  get #absent() {
    return document.hidden || this.#signal.aborted;
  }

  /**
   * A window that comes to the front is told so twice, by visibilitychange and by focus; and it may
   * leave and come again while it acquires a permit.
   */
  async #come() {
    if (this.#absent || this.#coming) return;
    this.#coming = true;
    do {
      this.#left = false;
      this.#watch.show();
      if (!ConnectionSemaphore.scarce) break;
      this.#listen();
      if (!this.#semaphore.held) await this.#semaphore.acquire();
      if (this.#absent) this.#leave();
    } while (this.#left && !this.#absent);
    this.#coming = false;
    if (!this.#absent && (this.#semaphore.held || !ConnectionSemaphore.scarce)) this.#stream.resume();
  }

  #hide() {
    this.#leave();
    this.#watch.hide();
  }

  #rest() {
    this.#leave();
    this.#watch.show();
    this.#stream.pause();
  }

  #leave() {
    this.#left = true;
    this.#semaphore.release();
    this.#channel?.close();
    this.#channel = null;
  }

  #renew() {
    if (document.hidden) return;
    if (ConnectionSemaphore.scarce && !this.#semaphore.held) this.#come();
    else this.#stream.renew();
  }

  async #lost() {
    this.#stream.pause();
    await this.#semaphore.wait();
    if (this.#absent) this.#leave();
    else if (this.#semaphore.held) this.#stream.resume();
  }

  #listen() {
    if (this.#channel) return;
    this.#channel = new BroadcastChannel("quart-chat");
    this.#channel.onmessage = () => this.#visit();
  }

  /** Catch up without a permit: one window at a time, so that one connection is enough for all. */
  async #visit() {
    if (this.#semaphore.held || this.#visiting) return;
    this.#visiting = true;
    await navigator.locks.request("quart-chat-visit", async () => {
      this.#visiting = false;
      if (this.#semaphore.held || this.#absent) return;
      await this.#stream.catchUp();
      // A window that was hidden meanwhile has released its connection already.
      if (!this.#semaphore.held && !this.#absent) this.#stream.pause();
    });
  }
}

/** Call back when much more time has passed than a timer was set for. */
function onWake(action, signal) {
  let before = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - before > SLEPT) action();
    before = Date.now();
  }, TICK);
  signal.addEventListener("abort", () => clearInterval(timer));
}
