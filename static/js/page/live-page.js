/**
 * A page with the list of chats: passes the events of its stream to its parts. The pages of
 * documents, settings and so on need no more; ChatApp adds the chat.
 */
import { AnswerWatch } from "./answer-watch.js";
import { Conversation } from "../chat/conversation.js";
import { forget, newest, reconcile } from "../documents/newest.js";
import { PageStream } from "./page-stream.js";
import "./look.js";
import { ConnectionLifecycle } from "./connection-lifecycle.js";
import { Departure } from "./departure.js";
import { pathTo } from "../root.js";

/** Milliseconds until documents that could not be read are requested again. */
const READ_AGAIN = 2000;

export class LivePage extends HTMLElement {
  conversation = new Conversation();
  stream = new PageStream({
    onData: (data) => this.#receive(data),
    onState: (state) => this.connection(state),
  });
  #controller = null;
  #departure = null;
  #lifecycle = null;
  #lifecycleEnds = null;
  #documentsRead = null;
  #watch = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this;
    this.#departure = new Departure(signal);
    this.addEventListener("chat:failed", (event) => this.notice.failure(event.detail), { signal });
    this.addEventListener("chat:deleted", (event) => this.#deleted(event.detail), { signal });
    // A part of the page that needs the connection for itself announces that, and when it has finished.
    this.addEventListener("stream:rest", () => this.#lifecycleEnds.abort(), { signal });
    this.addEventListener("stream:wake", () => this.#attend(), { signal });
    this.stream.follow(this.followed, this.dataset.since);
    this.#watch = new AnswerWatch(this.stream, this.list.running);
    this.#attend();
  }

  disconnectedCallback() {
    this.#lifecycleEnds.abort();
    this.#documentsRead?.abort();
    this.#controller.abort();
  }

  /** The chat that is streamed beside the list. */
  get followed() {
    return "";
  }

  /** Aborts the page's listeners and requests when the page is closed. */
  get signal() {
    return this.#controller.signal;
  }

  get list() {
    return this.querySelector("chat-list");
  }

  get notice() {
    return this.querySelector("chat-notice");
  }

  /** The part that shows documents, if the page has one; it may be loaded later than the rest. */
  get documents() {
    return this.querySelector("document-list, document-picker, document-reading");
  }

  /** The state of the connection has changed. */
  connection(state) {
    this.notice.connection(state);
    if (state === "refused") this.#signedOut();
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
    // Only windows with a connection show each step of reading a document.
    if (item.status !== "reading") this.#lifecycle.tell();
    const state = newest(item);
    this.documents?.show?.(state);
  }

  /** The server's status: whether it can store anything. */
  status({ status }) {
    this.notice.server(status.reason);
  }

  /** Reset the list; a page with a chat resets the chat, too. */
  reset({ next }) {
    this.list.clear(next);
    this.#readDocuments();
  }

  /** The chat that the page is about has changed. */
  about(workflow) {
    for (const place of this.querySelectorAll("[data-title]")) place.textContent = workflow.title;
    this.dispatchEvent(new CustomEvent("chat:changed", { detail: workflow }));
  }

  #receive(data) {
    if (data.type === "revoked") return this.#signedOut(data.item.reason);
    const change = this.conversation.apply(data);
    if (change) this[change.kind](change);
  }

  /** The user may be signed in no longer; where there are no accounts, that can't be. */
  async #signedOut(reason) {
    if (!document.documentElement.dataset.auth) return;
    const { showSignedOut } = await import("./signed-out.js");
    showSignedOut(this, reason);
  }

  /** A reset of the list is followed by chats alone: fetch the documents, if the page shows any. */
  async #readDocuments() {
    this.#documentsRead?.abort();
    this.#documentsRead = new AbortController();
    const { signal } = this.#documentsRead;
    forget();
    if (!this.documents?.replace) return;
    try {
      const { listDocuments } = await import("../documents/api.js");
      this.documents.replace(reconcile(await listDocuments(signal)));
    } catch {
      if (!signal.aborted) setTimeout(() => signal.aborted || this.#readDocuments(), READ_AGAIN);
    }
  }

  /** Hold the stream while the page is visible. */
  #attend() {
    this.#lifecycleEnds = new AbortController();
    this.#lifecycle = new ConnectionLifecycle(this.stream, this.#watch, this.#lifecycleEnds.signal);
  }

  /** Leave the page of a deleted chat for one that offers to undo the deletion. */
  #deleted(workflowId) {
    if (workflowId !== this.dataset.workflow) this.notice.deleted(workflowId);
    else this.#departure.leaveFor(pathTo(`/?deleted=${workflowId}`));
  }
}
