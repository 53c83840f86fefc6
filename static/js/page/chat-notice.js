/**
 * Notices about the connection, about actions that failed, and about actions that can be undone.
 * An interruption that ends at once is not mentioned.
 */
import { restoreWorkflow } from "../api.js";
import { keepFocus } from "../focus.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

const PATIENCE = 1500;
const A_MOMENT = 3000;
const LONG_ENOUGH = 10_000;
const TOO_LONG = 8000;
// The server repeats its status every two seconds while the database can't be written.
const OUTDATED = 10_000;

export class ChatNotice extends HTMLElement {
  #controller = null;
  #messageTimer = 0;
  #connectionTimer = 0;
  #connected = null;
  #message = null;
  #connection = null;
  #trouble = null;
  #troubleTimer = 0;
  #offer = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.addEventListener("submit", (event) => this.#undo(event), { signal });
    this.addEventListener("click", (event) => this.#close(event), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#list?.addEventListener("toggle", () => this.#raise(), { signal });
    for (const type of ["online", "offline"]) {
      window.addEventListener(type, () => this.#connection && this.#tellBreak(), { signal });
    }
    if (!this.hasChildNodes()) return;
    // The server offers to undo the deletion that led to this page; a reload must not offer it again.
    // Screen readers ignore text that is there as a page loads, so it is inserted again.
    const offer = [...this.childNodes];
    this.replaceChildren();
    const propose = () => requestAnimationFrame(() => this.#propose(offer));
    if (document.readyState === "complete") propose();
    else window.addEventListener("load", propose, { once: true, signal });
    history.replaceState(history.state, "", location.pathname);
  }

  disconnectedCallback() {
    this.#controller.abort();
    clearTimeout(this.#messageTimer);
    clearTimeout(this.#connectionTimer);
    clearTimeout(this.#troubleTimer);
  }

  /**
   * Show the state of the connection.
   * @param {"connecting" | "open" | "broken" | "refused" | "paused"} state
   */
  connection(state) {
    if (state === "open") this.#mended();
    else if (state === "paused") this.#rest();
    else this.#connectionTimer ||= setTimeout(() => this.#tellBreak(), PATIENCE);
  }

  /**
   * Say why the server can't store anything, for as long as it reports that.
   * @param {string | null} reason
   */
  server(reason) {
    const known = this.#trouble;
    if (!reason) {
      this.#forgetTrouble();
      if (known && !this.#message) this.#say([WELL], A_MOMENT);
      return;
    }
    const news = TROUBLES[reason] ?? TROUBLE;
    if (known?.[0].data !== news) this.#trouble = [new Text(news)];
    clearTimeout(this.#troubleTimer);
    this.#troubleTimer = setTimeout(() => this.#forgetTrouble(), OUTDATED);
    this.#show();
  }

  /** The problem is over, or the reports have stopped: the server may have been restarted. */
  #forgetTrouble() {
    clearTimeout(this.#troubleTimer);
    this.#trouble = null;
    this.#show();
  }

  /** Show that an action has failed. */
  failure(message) {
    this.#say([message], LONG_ENOUGH);
  }

  /** Show that an action has succeeded. */
  done(message) {
    this.#say([message], A_MOMENT);
  }

  /** Offer to restore a chat that was deleted here. */
  deleted(workflowId) {
    const offer = document.querySelector(".undo-template").content.cloneNode(true);
    offer.querySelector("form").dataset.id = workflowId;
    this.#propose([...offer.childNodes]);
  }

  /** The offer stays until it is used, closed or replaced: users may take their time. */
  #propose(nodes) {
    this.#offer = nodes;
    this.#forget();
  }

  #mended() {
    const told = this.#connection;
    this.#connected = true;
    this.#rest();
    if (told && !this.#message) this.#say([AGAIN], A_MOMENT);
  }

  #rest() {
    clearTimeout(this.#connectionTimer);
    this.#connectionTimer = 0;
    this.#connection = null;
    this.#show();
  }

  #tellBreak() {
    const text = this.#connected ? LOST : CONNECTING;
    const news = navigator.onLine ? text : OFFLINE;
    if (this.#connection?.[0].data !== news) this.#connection = [new Text(news)];
    this.#show();
    clearTimeout(this.#connectionTimer);
    this.#connectionTimer = setTimeout(() => this.#offerHelp(), TOO_LONG);
  }

  /** A lasting interruption may have a cause on the way, which the stream doctor finds. */
  #offerHelp() {
    const more = this.#connection?.length !== 1 || !navigator.onLine;
    if (more || location.pathname === pathTo("/doctor")) return;
    const link = Object.assign(document.createElement("a"), { href: pathTo("/doctor"), target: "_blank" });
    link.textContent = t("Check the connection");
    this.#connection.push(new Text(" "), link);
    this.#show();
  }

  #say(nodes, ms) {
    this.#message = nodes.map((node) => (node instanceof Node ? node : new Text(node)));
    this.#show();
    this.#forgetAfter(ms);
  }

  #forgetAfter(ms) {
    clearTimeout(this.#messageTimer);
    this.#messageTimer = setTimeout(() => {
      // Don't remove it while the pointer or the focus is on it.
      if (this.matches(":hover, :focus-within")) this.#forgetAfter(A_MOMENT);
      else this.#forget();
    }, ms);
  }

  #forget() {
    clearTimeout(this.#messageTimer);
    this.#message = null;
    this.#show();
  }

  /** Unchanged text is not inserted again: a screen reader would read it out again. */
  #show() {
    const nodes = this.#message ?? this.#connection ?? this.#trouble ?? this.#offer ?? [];
    const gone = [...this.childNodes].filter((node) => !nodes.includes(node));
    keepFocus(() => gone.forEach((node) => node.remove()));
    this.append(...nodes.filter((node) => node.parentNode !== this));
    this.#raise();
  }

  /** If the list is open over the page, show the notice over the list. */
  #raise() {
    const covered = this.hasChildNodes() && this.#list?.matches(":popover-open");
    this.popover = covered ? "manual" : null;
    if (covered && !this.matches(":popover-open")) this.showPopover();
  }

  get #list() {
    return document.querySelector(".sidebar");
  }

  async #undo(event) {
    const { id } = event.target.dataset;
    // The form of the server leads to the chat.
    if (!id) return;
    event.preventDefault();
    try {
      await restoreWorkflow(id);
      this.#offer = null;
      this.#say([RESTORED], A_MOMENT);
    } catch (error) {
      this.failure(error.message);
    }
  }

  #close({ target }) {
    if (!target.closest(".notice-close")) return;
    this.#offer = null;
    this.#show();
  }

  #key(event) {
    const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
    // In a field, the key undoes the user's own input, if there is any.
    if (!undo || (event.target.matches("input, textarea") && event.target.value)) return;
    const form = this.querySelector(".notice-undo");
    if (!form) return;
    event.preventDefault();
    form.requestSubmit();
  }
}

const CONNECTING = t("Connecting…");
const LOST = t("Connection lost. We'll reconnect automatically.");
const OFFLINE = t("You are offline. We'll reconnect automatically.");
const AGAIN = t("Connected again.");
const RESTORED = t("The chat was restored.");
const WELL = t("The server can store again.");
const TROUBLE = t("The server can't store anything at the moment. It keeps trying.");
const TROUBLES = {
  full: t("The server's disk is full. Answers go on, and are stored as soon as there is room."),
  locked: t("Another program prevents the server from storing anything. The server keeps trying."),
  read_only: t("The server's database is read-only: nothing can be stored."),
  damaged: t("The server's database is damaged: nothing can be stored."),
  gone: t("The server's database is gone: nothing can be stored."),
  replaced: t("The server's database was replaced: nothing can be stored until the server is restarted."),
};
