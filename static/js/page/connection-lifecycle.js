/**
 * Holds a connection while the page is visible, and closes it while the page is hidden: a page in
 * the background would take one from visible pages. A page that was frozen, kept for the back
 * button, or on a machine that slept may have lost its connection without knowing: it reconnects
 * from its cursor. Other windows tell a visible window that holds no permit of the semaphore when
 * something has changed; it then connects just to catch up.
 */
import { ConnectionSemaphore } from "./connection-semaphore.js";
import { ownName } from "../root.js";

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
    // Another network. The offline event says little: the server may be on this machine.
    on(window, "online", renew);
    on(window, "offline", renew);
    onWake(renew, signal);
    signal.addEventListener("abort", () => this.#rest());
    this.#come();
  }

  /** The list has changed: tell windows without a connection. */
  tell() {
    if (this.#semaphore.held) this.#channel?.postMessage(null);
  }

  /** Whether the page is hidden, or its connection is no longer wanted. */
  get #absent() {
    return document.hidden || this.#signal.aborted;
  }

  /**
   * A window that comes to the front gets two events, visibilitychange and focus; and it may be
   * hidden and shown again while it waits for a permit.
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
    this.#channel = new BroadcastChannel(ownName("quart-chat"));
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
      // A page that was hidden in the meantime has already closed its stream.
      if (!this.#semaphore.held && !this.#absent) this.#stream.pause();
    });
  }
}

/** Call back when a timer fires much later than it was set for: the machine has slept. */
function onWake(action, signal) {
  let before = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - before > SLEPT) action();
    before = Date.now();
  }, TICK);
  signal.addEventListener("abort", () => clearInterval(timer));
}
