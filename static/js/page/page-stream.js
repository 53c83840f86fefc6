/**
 * The one connection of a page: the chat list, and the chat it shows; or a shared chat alone.
 *
 * The id of each event is a cursor for both, so a new connection resumes where the last one ended.
 * A browser reconnects by itself when a connection breaks. This class adds what EventSource lacks:
 * reconnecting after an error response, pausing while the page is hidden, and starting again when
 * the page finds that an event is missing.
 */
import { pathTo } from "../root.js";

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** Heartbeats that may be missing in a row, and the time limit before the first has arrived. */
const SILENT_PULSES = 2.5;
const FIRST_SILENCE = 40_000;

export class PageStream {
  #path;
  #onData;
  #onState;
  #source = null;
  #timer = 0;
  #failures = 0;
  #workflowId = "";
  #cursor = "";
  #active = false;
  #settled = () => {};
  #watchdog = 0;
  #silence = FIRST_SILENCE;

  /**
   * @param {object} handlers
   * @param {(data: object) => void} handlers.onData Is given each chatData.
   * @param {(state: "connecting" | "open" | "broken" | "refused" | "paused") => void} handlers.onState
   * @param {string} [handlers.path]
   */
  constructor({ onData, onState, path = pathTo("/api/stream") }) {
    this.#path = path;
    this.#onData = onData;
    this.#onState = onState;
  }

  /** The position in the list of chats. */
  get listCursor() {
    return this.#cursor.split("-")[0];
  }

  /** The position in the chat: the seq of the item that has arrived last. */
  get seq() {
    return Number(this.#cursor.split("-")[1]);
  }

  /** Stream a chat, or the list alone, from a cursor on; at once, unless the stream is paused. */
  follow(workflowId, cursor) {
    this.#workflowId = workflowId;
    this.#cursor = cursor;
    if (this.#active) this.#connect();
  }

  /** Read the chat again from one of its seqs on. */
  rewind(seq) {
    this.#cursor = `${this.listCursor}-${seq}`;
    if (this.#source) this.#connect();
  }

  /** Close the connection; `resume` reconnects from the same position. */
  pause() {
    this.#active = false;
    this.#close();
    // No more events will arrive: release callers that wait for them.
    this.#settled();
    this.#onState("paused");
  }

  /** Connect, if it is not connected. */
  resume() {
    this.#active = true;
    if (this.#source?.readyState !== EventSource.OPEN) this.#connect();
  }

  /** Connect again from the last cursor: the connection may be dead without the browser knowing. */
  renew() {
    this.#active = true;
    this.#connect();
  }

  /** Connect; resolves once all missed events have arrived, or can't arrive now. */
  catchUp() {
    this.resume();
    return new Promise((resolve) => (this.#settled = resolve));
  }

  /** An event is missing: read again from the last cursor, after a pause. */
  restart() {
    this.#close();
    this.#retry();
  }

  #close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#close();
    this.#onState("connecting");
    const query = new URLSearchParams({ since: this.#cursor });
    if (this.#workflowId) query.set("workflowId", this.#workflowId);
    const source = new EventSource(`${this.#path}?${query}`);
    source.onopen = () => this.#onState("open");
    source.onmessage = (event) => this.#receive(event);
    source.onerror = () => this.#fail(source);
    this.#source = source;
    this.#watch();
  }

  #receive(event) {
    this.#failures = 0;
    this.#cursor = event.lastEventId || this.#cursor;
    const data = JSON.parse(event.data);
    if (data.type === "pulse") this.#pulse(data.item.seconds);
    this.#watch();
    // Last, since the handler may close the stream.
    this.#onData(data);
  }

  #pulse(seconds) {
    this.#silence = seconds * SILENT_PULSES * 1000;
    this.#settled();
  }

  /** A connection without heartbeats is dead, even if the browser does not know it. */
  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#onState("broken");
      this.#connect();
    }, this.#silence);
  }

  #fail(source) {
    const refused = source.readyState === EventSource.CLOSED;
    this.#settled();
    this.#onState(refused ? "refused" : "broken");
    if (refused && source === this.#source) this.#retry();
  }

  #retry() {
    const pause = Math.min(FIRST_PAUSE * 2 ** this.#failures, LONGEST_PAUSE);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2));
  }
}
