/**
 * A page with the list of chats beside it: what comes over its stream goes to its parts. The pages
 * of documents, settings and so on are this much; ChatApp adds the chat.
 */
import { AnswerWatch } from "./answer-watch.js";
import { Conversation } from "../chat/conversation.js";
import { PageStream } from "./page-stream.js";
import { ConnectionLifecycle } from "./connection-lifecycle.js";

export class LivePage extends HTMLElement {
  conversation = new Conversation();
  stream = new PageStream({
    onData: (data) => this.#receive(data),
    onState: (state) => this.connection(state),
  });
  #controller = null;
  #leaving = false;
  #lifecycle = null;
  #lifecycleEnds = null;
  #watch = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this;
    this.addEventListener("chat:failed", (event) => this.notice.failure(event.detail), { signal });
    this.addEventListener("chat:deleted", (event) => this.#deleted(event.detail), { signal });
    // A part of the page that needs the way to the server for itself says so, and when it is done.
    this.addEventListener("stream:rest", () => this.#lifecycleEnds.abort(), { signal });
    this.addEventListener("stream:wake", () => this.#attend(), { signal });
    this.stream.follow(this.followed, this.dataset.since);
    this.#watch = new AnswerWatch(this.stream, this.list.running);
    this.#attend();
  }

  disconnectedCallback() {
    this.#lifecycleEnds.abort();
    this.#controller.abort();
  }

  /** The chat that is streamed beside the list. */
  get followed() {
    return "";
  }

  /** Ends what the page has begun, when it goes. */
  get signal() {
    return this.#controller.signal;
  }

  get list() {
    return this.querySelector("chat-list");
  }

  get notice() {
    return this.querySelector("chat-notice");
  }

  /** The part that shows documents, where the page has one; it may be loaded later than the rest. */
  get documents() {
    return this.querySelector("document-list, document-picker, document-reading");
  }

  /** The connection is in another state. */
  connection(state) {
    this.notice.connection(state);
    // No cursor counts what is said of documents: what was missed is asked for.
    if (state === "open") this.documents?.refresh?.();
  }

  // One method for each kind of change.

  workflow({ workflow }) {
    this.#lifecycle.tell();
    this.list.show(workflow, this.dataset.workflow);
    this.#watch.see(workflow);
    if (workflow.id !== this.dataset.workflow) return;
    if (workflow.deleted) this.#deleted(workflow.id);
    else this.about(workflow);
  }

  document({ document: item }) {
    // Each step of reading one is for windows that have a connection.
    if (item.status !== "reading") this.#lifecycle.tell();
    this.documents?.show?.(item);
  }

  /** Whether the server can store anything. */
  status({ status }) {
    this.notice.server(status.reason);
  }

  /** Of the list; a page with a chat resets that, too. */
  reset({ next }) {
    this.list.clear(next);
  }

  /** The chat that the page is about has changed. */
  about({ title }) {
    for (const place of this.querySelectorAll("[data-title]")) place.textContent = title;
  }

  #receive(data) {
    const change = this.conversation.apply(data);
    if (change) this[change.kind](change);
  }

  /** Hold the stream whenever somebody looks. */
  #attend() {
    this.#lifecycleEnds = new AbortController();
    this.#lifecycle = new ConnectionLifecycle(this.stream, this.#watch, this.#lifecycleEnds.signal);
  }

  /** The page of a deleted chat makes room for one that offers to undo it. */
  #deleted(workflowId) {
    if (workflowId !== this.dataset.workflow) {
      this.notice.deleted(workflowId);
    } else if (!this.#leaving) {
      // Told by the answer to the request and by the stream; to leave twice would abort the first.
      this.#leaving = true;
      location.replace(`/?deleted=${workflowId}`);
    }
  }
}
