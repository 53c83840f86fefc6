/** The page as a whole: what comes over its stream goes to its parts. */
import { workflowExists } from "./api.js";
import { Conversation } from "./conversation.js";
import { PageStream } from "./page-stream.js";
import { connectWhileShown } from "./presence.js";
import { t } from "./texts.js";

export class ChatApp extends HTMLElement {
  #conversation = new Conversation();
  #controller = null;
  #stream = new PageStream({
    onData: (data) => this.#receive(data),
    onState: (state) => this.#connection(state),
  });

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.addEventListener("submit", (event) => this.#example(event), { signal });
    this.addEventListener("chat:started", (event) => this.#started(event.detail), { signal });
    this.addEventListener("chat:failed", (event) => this.#notice.failure(event.detail), { signal });
    window.addEventListener("popstate", () => this.#leave(), { signal });
    this.#stream.follow(this.dataset.workflow, this.dataset.since);
    connectWhileShown(this.#stream, signal);
  }

  disconnectedCallback() {
    this.#controller.abort();
    this.#stream.pause();
  }

  #receive(data) {
    const change = this.#conversation.apply(data);
    if (change) this[change.kind](change);
  }

  // One method for each kind of change of the conversation.

  message({ message }) {
    const round = this.#log.round(message.roundNumber);
    if (message.role === "user") {
      round.ask(message);
      this.#composer.arrived(message.content);
    } else {
      const titles = JSON.parse(this.dataset.assistants);
      round.answer(message, titles[message.assistant] ?? message.assistant);
    }
  }

  text({ message, text }) {
    this.#log.round(message.roundNumber).write(text);
  }

  log({ log }) {
    this.#log.round(log.roundNumber).step(log);
  }

  workflow({ workflow }) {
    this.#list.show(workflow, this.dataset.workflow);
    if (workflow.id !== this.dataset.workflow) return;
    if (workflow.deleted) {
      location.replace("/");
      return;
    }
    this.#heading.show(workflow);
    const running = String(workflow.status === "running");
    if (running === "true" && running !== this.dataset.running) this.#announce(WRITING);
    this.dataset.running = running;
  }

  end({ status, end }) {
    this.#log.round(end.roundNumber).end(status, end.message);
    this.#log.settle(end.roundNumber);
    this.#announce(end.message);
  }

  reset({ workflowId }) {
    if (workflowId === null) this.#list.clear();
    else this.#log.clear();
  }

  hole() {
    this.#stream.restart();
  }

  async #connection(state) {
    this.#notice.connection(state === "open");
    const { workflow } = this.dataset;
    if (state !== "refused" || !workflow) return;
    if (!(await workflowExists(workflow))) location.replace("/");
  }

  /** A question is on its way; the first one makes the chat, and the page goes on in it. */
  #started(workflowId) {
    this.#log.goToEnd();
    if (this.dataset.workflow) return;
    history.pushState(null, "", `/chat/${workflowId}`);
    this.dataset.workflow = workflowId;
    this.querySelector(".empty")?.remove();
    this.#stream.follow(workflowId, `${this.#stream.listCursor}-0`);
  }

  /** Back to the page for a new chat, or forth again: another page, though not for the browser. */
  #leave() {
    const { workflow } = this.dataset;
    if (location.pathname !== (workflow ? `/chat/${workflow}` : "/")) location.reload();
  }

  #example(event) {
    if (!event.target.matches(".examples")) return;
    event.preventDefault();
    this.#composer.send(event.submitter.value, "librarian");
  }

  get #composer() {
    return this.querySelector("chat-composer");
  }

  get #heading() {
    return this.querySelector("chat-heading");
  }

  get #list() {
    return this.querySelector("chat-list");
  }

  get #log() {
    return this.querySelector("chat-log");
  }

  get #notice() {
    return this.querySelector("chat-notice");
  }

  #announce(text) {
    this.querySelector("#announcer").textContent = text;
  }
}

const WRITING = t("The answer is being written.");
