/** The page of a chat: passes the events of its stream to its parts. */
import { readRounds, workflowExists } from "../api.js";
import { author } from "./author.js";
import { Branch } from "./branch.js";
import { attachCopying } from "./copying.js";
import { Conversation } from "./conversation.js";
import { keepFocus } from "../focus.js";
import { openQueue } from "./queue-on-demand.js";
import { LivePage } from "../page/live-page.js";
import { followDocuments } from "../composer/picker-on-demand.js";
import { ReadMark } from "./read-mark.js";
import { attachRoundActions } from "./round-actions.js";
import { showRunning } from "./tab-sign.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

/** Milliseconds until rounds that could not be read are requested again. */
const READ_AGAIN = 2000;

export class ChatApp extends LivePage {
  #branch = null;
  #readMark = new ReadMark();
  #reading = null;

  connectedCallback() {
    super.connectedCallback();
    const { signal } = this;
    this.addEventListener("submit", (event) => this.#example(event), { signal });
    this.addEventListener("chat:asking", (event) => this.#log.expect(event.detail), { signal });
    this.addEventListener("chat:started", (event) => this.#started(event.detail), { signal });
    window.addEventListener("popstate", () => this.#leave(), { signal });
    attachRoundActions(this, signal);
    attachCopying(
      this,
      (text) => this.#announce(text),
      (reason) => this.notice.failure(reason),
      signal,
    );
    const seq = Number(this.dataset.since.split("-")[1]);
    this.#branch = new Branch(Number(this.dataset.head), seq);
    this.#readMark.watch(signal);
    if (this.querySelector(".queued")) openQueue(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#reading?.abort();
  }

  get followed() {
    return this.dataset.workflow;
  }

  /** Move text from an editor that disappears to the question field. */
  rescue(text) {
    this.#composer.add(text);
    this.notice.failure(t("The chat has continued in another tab or on another device. Your text is in the question field."));
  }

  async connection(state) {
    super.connection(state);
    // A paused tab doesn't learn whether an answer is still being written.
    if (state === "paused") showRunning(false);
    if (state === "open") showRunning(this.dataset.running === "true");
    const { workflow } = this.dataset;
    if (state !== "refused" || !workflow) return;
    if (await workflowExists(workflow)) return;
    this.workflow({ workflow: { id: workflow, deleted: true } });
  }

  // One method for each kind of change of the conversation.

  message({ message }) {
    const { roundNumber, parentRound, role } = message;
    if (role === "user" && this.#branch.extend(roundNumber)) {
      // In the same frame, the round takes the place of what was on its way.
      this.#composer.arrived(message.content, roundNumber);
      // A page that comes back is told of its list first: the branch may have been left again since.
      const left = this.#branch.isPast(this.stream.seq);
      if (left || !this.#log.grow(roundNumber, parentRound)) this.#read();
    }
    const round = this.#log.round(roundNumber);
    if (!round) return;
    if (role === "user") {
      round.ask(message);
      this.#composer.arrived(message.content, roundNumber);
    } else {
      const titles = JSON.parse(this.dataset.assistants);
      if (!round.answered) this.#log.linger();
      const show = () => round.answer(message, author(message, titles));
      if (message.status === "streaming") show();
      else this.#log.hold(show);
    }
  }

  text({ message, text }) {
    this.#log.round(message.roundNumber)?.write(text);
  }

  log({ log }) {
    this.#log.round(log.roundNumber)?.step(log);
  }

  async queued({ prompt }) {
    const queue = await openQueue(this);
    queue.show(prompt);
    if (prompt.status === "queued") this.#composer.queued(prompt.content);
  }

  about(workflow) {
    this.#readMark.show(workflow);
    this.#heading.show(workflow);
    // These are loaded after the rest.
    this.querySelector("chat-choice")?.show?.(workflow);
    followDocuments(this.documents, workflow.documentIds);
    if (this.#branch.move(workflow)) this.#read();
    const running = String(workflow.status === "running");
    if (running === "true" && running !== this.dataset.running) this.#announce(WRITING);
    // Swap the buttons to send and to stop, and hide actions that are not allowed meanwhile.
    keepFocus(() => (this.dataset.running = running));
  }

  end({ status, end }) {
    const round = this.#log.round(end.roundNumber);
    const show = () => {
      round.end(status, end.message, end.assistant);
      this.#log.settle(round);
    };
    if (round) this.#log.hold(show);
    // The reason is in the log, which is read out as well.
    this.#announce(status === "error" ? NOT_WHOLE : end.message);
  }

  reset(change) {
    if (change.workflowId === null) {
      super.reset(change);
      return;
    }
    this.#log.clear();
    this.#branch = Branch.unknown();
    this.#read();
  }

  hole() {
    this.stream.restart();
  }

  /** Fetch the end of the branch as HTML, then stream from that seq on. */
  async #read() {
    this.#reading?.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    try {
      const fragment = await readRounds(this.dataset.workflow, { signal });
      for (const { prompt, number } of fragment.rounds) this.#composer.stored(prompt, number);
      this.#log.show(fragment);
      if (this.querySelector(".queued") ?? fragment.queue[0]) {
        (await openQueue(this)).replace(fragment.queue);
      }
      this.conversation = new Conversation();
      this.#branch = new Branch(fragment.head, fragment.seq);
      this.stream.rewind(fragment.seq);
    } catch {
      if (!signal.aborted) setTimeout(() => signal.aborted || this.#read(), READ_AGAIN);
    }
  }

  /** A question was sent; the first one creates the chat, and the page continues in it. */
  #started(workflowId) {
    if (this.dataset.workflow) return;
    history.pushState(null, "", pathTo(`/chat/${workflowId}`));
    this.dataset.workflow = workflowId;
    keepFocus(() => this.querySelector(".empty")?.remove());
    this.stream.follow(workflowId, `${this.stream.listCursor}-0`);
  }

  /** Back to the page for a new chat, or forward again: reload, as the browser would not. */
  #leave() {
    const { workflow } = this.dataset;
    if (location.pathname !== pathTo(workflow ? `/chat/${workflow}` : "/")) location.reload();
  }

  #example(event) {
    if (!event.target.matches(".examples")) return;
    event.preventDefault();
    this.#composer.send(event.submitter.value, event.target.elements.assistant.value);
  }

  get #composer() {
    return this.querySelector("chat-composer");
  }

  get #heading() {
    return this.querySelector("chat-heading");
  }

  get #log() {
    return this.querySelector("chat-log");
  }

  #announce(text) {
    this.querySelector("#announcer").textContent = text;
  }
}

const WRITING = t("The answer is being written.");
const NOT_WHOLE = t("There is no complete answer.");
