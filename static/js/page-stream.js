/**
 * The one connection of a page: the chat list, and the chat it shows.
 *
 * The id of each event is a cursor for both, so whatever ends a connection, the next one goes on
 * where it was. A browser comes back by itself when a connection breaks; this adds what it leaves
 * out: coming back after an answer that was an error, letting go while nobody looks, and starting
 * again where the page finds that something is missing.
 */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

export class PageStream {
  #onData;
  #onState;
  #source = null;
  #timer = 0;
  #failures = 0;
  #workflowId = "";
  #cursor = "";

  /**
   * @param {object} handlers
   * @param {(data: object) => void} handlers.onData Is given each chatData.
   * @param {(state: "open" | "broken" | "refused") => void} handlers.onState
   */
  constructor({ onData, onState }) {
    this.#onData = onData;
    this.#onState = onState;
  }

  /** The position in the list of chats. */
  get listCursor() {
    return this.#cursor.split("-")[0];
  }

  /** Stream a chat, or the list alone, from a cursor on. */
  follow(workflowId, cursor) {
    this.#workflowId = workflowId;
    this.#cursor = cursor;
    this.#connect();
  }

  /** Read the chat again from one of its seqs on. */
  rewind(seq) {
    this.#cursor = `${this.listCursor}-${seq}`;
    if (this.#source) this.#connect();
  }

  /** Let go of the connection; `resume` takes it up where it was. */
  pause() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** Connect, if it is not connected. */
  resume() {
    if (this.#source?.readyState !== EventSource.OPEN) this.#connect();
  }

  /** Something is missing: read again from the last cursor on, after a pause. */
  restart() {
    this.pause();
    this.#retry();
  }

  #connect() {
    this.pause();
    const query = new URLSearchParams({ since: this.#cursor });
    if (this.#workflowId) query.set("workflowId", this.#workflowId);
    const source = new EventSource(`/api/stream?${query}`);
    source.onopen = () => this.#onState("open");
    source.onmessage = (event) => this.#receive(event);
    source.onerror = () => this.#fail(source);
    this.#source = source;
  }

  #receive(event) {
    this.#failures = 0;
    this.#cursor = event.lastEventId || this.#cursor;
    this.#onData(JSON.parse(event.data));
  }

  #fail(source) {
    const refused = source.readyState === EventSource.CLOSED;
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
