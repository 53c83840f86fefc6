/** What is done for an answer, step by step: a line of summary once the chat goes on. */
import { duration, number, plural, t } from "../texts.js";

export class ChatSteps extends HTMLElement {
  connectedCallback() {
    // As an attribute, which the copy has too that goes to the log once the round has ended.
    this.querySelector("summary").addEventListener("click", () => (this.dataset.touched = ""));
  }

  /** Show a step, or what has become of it. */
  show(log) {
    const row = this.#row(log);
    row.dataset.status = log.status;
    row.dataset.type = log.type;
    row.dataset.duration = log.durationMs ?? "";
    row.querySelector(".step-message").textContent = log.message;
    row.querySelector(".step-failed").textContent = log.status === "failed" ? t("not finished") : "";
    row.querySelector(".step-time").textContent = time(log);
    showProgress(row.querySelector(".step-progress"), log);
    this.#details.hidden = false;
    this.#summarise(log.message);
  }

  /** Sum up. It stays as it is: what would close above an answer would move it. */
  end() {
    const rows = [...this.#list.children];
    const spent = rows.reduce((sum, row) => sum + Number(row.dataset.duration), 0);
    // Of those that are not shown nobody knows how long they took.
    this.#summarise(this.#more ? "" : duration(spent));
  }

  /** Close, unless somebody has opened or closed it. */
  fold() {
    if (!("touched" in this.dataset)) this.#details.open = false;
  }

  get #details() {
    return this.querySelector("details");
  }

  get #list() {
    return this.querySelector(".steps-list");
  }

  get #rows() {
    return [...this.querySelectorAll(".step")];
  }

  /** How many there are that are not shown. */
  get #more() {
    return Number(this.#details.dataset.more);
  }

  #summarise(detail) {
    const count = this.#rows.length + this.#more;
    this.querySelector(".steps-count").textContent = plural("{count} step", "{count} steps", count);
    this.querySelector(".steps-detail").textContent = detail;
  }

  /** The row of a step, among those that are part of the same, in the order in which they began. */
  #row({ id, parentId, timestamp }) {
    const row = this.#known(id);
    if (row.dataset.began === "") {
      row.dataset.began = timestamp;
      const list = parentId ? this.#parts(parentId) : this.#list;
      const later = [...list.children].find((other) => Number(other.dataset.began) > timestamp);
      list.insertBefore(row, later ?? null);
    }
    return row;
  }

  /** A part may come before the step that it is of has come again: that one's row waits for it. */
  #known(id) {
    const known = this.#rows.find((row) => row.dataset.log === id);
    if (known) return known;
    const template = document.getElementById("step-template");
    const row = template.content.firstElementChild.cloneNode(true);
    row.dataset.log = id;
    this.#list.append(row);
    return row;
  }

  #parts(id) {
    const row = this.#known(id);
    const known = row.querySelector(".steps-list");
    if (known) return known;
    const list = document.createElement("ol");
    list.className = "steps-list";
    row.append(list);
    return list;
  }
}

function showProgress(bar, { status, progress, message }) {
  bar.hidden = status !== "running" || progress === null;
  bar.value = progress ?? 0;
  bar.ariaLabel = message;
}

function time({ status, progress, durationMs }) {
  if (durationMs !== null) return duration(durationMs);
  return status === "running" && progress !== null ? `${number(progress * 100)} %` : "";
}
