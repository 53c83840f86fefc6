/**
 * The list of chats, the same in every tab: pinned ones first, then the latest, day by day. More
 * chats are loaded on scrolling.
 */
import { listWorkflows } from "../api.js";
import { comesBefore, fillRow, newRow, placeRow } from "./chat-row.js";
import { dayGroup, dayLabel, untilTomorrow } from "./days.js";
import { attachTabStop } from "./tab-stop.js";

export class ChatList extends HTMLElement {
  #controller = null;
  #midnight = 0;
  #older = null;

  connectedCallback() {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("dblclick", (event) => this.#rename(event), { signal });
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    attachTabStop(this, signal);
    const field = this.querySelector(".search-field");
    field.addEventListener("focus", loadSearch, { once: true });
    if (field.value || document.activeElement === field) loadSearch();
    const changed = () => document.hidden || this.#group();
    document.addEventListener("visibilitychange", changed, { signal });
    this.#linkOlder();
    if (new URLSearchParams(location.search).has("before")) this.#load("");
    this.#group();
  }

  disconnectedCallback() {
    this.#controller.abort();
    this.#older?.disconnect();
    clearTimeout(this.#midnight);
  }

  /**
   * Show or remove a chat's entry.
   * @param {object} workflow
   * @param {string} currentId The chat that the page is about.
   */
  show(workflow, currentId) {
    for (const row of this.querySelectorAll(`[data-id="${workflow.id}"]`)) {
      if (workflow.deleted) this.#remove(row);
      else fillRow(row, workflow, workflow.id === currentId);
    }
    if (!workflow.deleted) this.#place(workflow, currentId);
    this.#showEmpty();
  }

  /** The ids of the chats that are being answered. */
  get running() {
    return [...this.querySelectorAll('[data-status="running"]')].map((row) => row.dataset.id);
  }

  /** Remove every chat; the first page follows, and `next` requests the page after it. */
  clear(next) {
    for (const group of this.#groups) group.remove();
    this.#showOlder(next);
  }

  get #days() {
    return this.querySelector(".chats-days");
  }

  get #groups() {
    return [...this.#days.querySelectorAll(".chats-group")];
  }

  get #rows() {
    return [...this.#days.querySelectorAll(".chat-row")];
  }

  async #load(next) {
    const page = await listWorkflows({ before: next });
    for (const workflow of page.workflows) this.show(workflow, this.#currentId);
    this.#showOlder(page.next);
  }

  /** The link to the next page; most lists have a single page. */
  get #link() {
    return this.#days.querySelector(".older");
  }

  #showOlder(next) {
    this.#link.dataset.next = next ?? "";
    this.#link.hidden = !next;
    if (this.#older) this.#older.watch();
    else this.#linkOlder();
  }

  async #linkOlder() {
    if (!this.#link.dataset.next) return;
    const { PageLink } = await import("./page-link.js");
    this.#older ??= new PageLink(this.#link, (next) => this.#load(next));
  }

  get #currentId() {
    return this.closest("[data-workflow]").dataset.workflow;
  }

  #place(workflow, currentId) {
    const known = this.#rows.find((row) => row.dataset.id === workflow.id);
    const row = known ?? fillRow(newRow(), workflow, workflow.id === currentId);
    if (!known) row.querySelector(".chat-snippet").remove();
    this.#put(row);
    this.#tidy();
  }

  /** Insert a row under its day, in its order. */
  #put(row) {
    const next = this.#rows.find((other) => other !== row && comesBefore(row, other)) ?? null;
    const section = this.#section(row, next);
    placeRow(section.querySelector("ol"), row, section.contains(next) ? next : null);
  }

  /** The section of a row, created for the first row of a day. */
  #section(row, next) {
    const name = groupOf(row);
    const known = this.#groups.find((group) => group.dataset.group === name);
    if (known) return known;
    const template = this.querySelector(".group-template");
    const section = template.content.firstElementChild.cloneNode(true);
    section.dataset.group = name;
    section.querySelector("h2").textContent = dayLabel(name);
    const end = this.#days.querySelector(".chats-empty");
    const follower = next?.closest(".chats-group");
    this.#days.insertBefore(section, follower ?? end);
    return section;
  }

  /** Move every row to its day: the server may be in another time zone, and days end. */
  #group() {
    clearTimeout(this.#midnight);
    this.#midnight = setTimeout(() => this.#group(), untilTomorrow(new Date()));
    const rows = this.#rows;
    if (rows.every((row) => row.closest(".chats-group").dataset.group === groupOf(row))) return;
    for (const row of rows.reverse()) this.#put(row);
    this.#tidy();
  }

  #tidy() {
    for (const group of this.#groups) if (!group.querySelector(".chat-row")) group.remove();
  }

  #remove(row) {
    if (row.contains(document.activeElement)) this.#focusBeside(row);
    row.remove();
    this.#tidy();
    this.#older?.watch();
  }

  #focusBeside(row) {
    const rows = this.#shownRows(row);
    const index = rows.indexOf(row);
    const beside = rows[index + 1] ?? rows[index - 1];
    (beside?.querySelector("a") ?? this.querySelector(".search-field")).focus();
  }

  #shownRows(row) {
    return [...row.closest(".chats-days, .found").querySelectorAll(".chat-row")];
  }

  #showEmpty() {
    this.querySelector(".chats-empty").hidden = this.#rows.length > 0 || !this.#link.hidden;
  }

  #click(event) {
    const link = event.target.closest(".chat-link");
    const latest = !new URLSearchParams(location.search).has("round");
    if (link?.ariaCurrent === "page" && !link.hash && latest && !hasModifier(event)) {
      // The chat is open on this page: on a phone, close the list.
      event.preventDefault();
      if (this.closest(":popover-open")) this.closest("[popover]").hidePopover();
    }
  }

  async #rename(event) {
    const row = event.target.closest(".chat-link")?.closest(".chat-row");
    if (!row) return;
    const { run } = await import("../commands/actions.js");
    run("rename", row);
  }

  #key(event) {
    const row = event.target.closest(".chat-link, .chat-more")?.closest(".chat-row");
    if (!row || hasModifier(event)) return;
    const across = { ArrowRight: ".chat-more", ArrowLeft: ".chat-link" }[event.key];
    if (across) row.querySelector(across).focus();
    // Up and Down on the button open its menu.
    else if (!event.target.matches(".chat-link") || !this.#move(row, event.key)) return;
    event.preventDefault();
  }

  #move(row, key) {
    const rows = this.#shownRows(row);
    const index = rows.indexOf(row);
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[key];
    rows[to]?.querySelector("a").focus();
    return to !== undefined;
  }
}

function loadSearch() {
  import("./chat-search.js");
}

function groupOf(row) {
  return row.dataset.pinned === "1" ? "pinned" : dayGroup(Number(row.dataset.updated), new Date());
}

function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
}
