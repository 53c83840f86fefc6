/** The steps of an answer, collapsed into a summary line once the chat goes on. */
import { duration, number, plural, t } from "../texts.js";

export class ChatSteps extends HTMLElement {
  connectedCallback() {
    // An attribute, so that the copy that is moved to the log has it too.
    this.querySelector("summary").addEventListener("click", () => (this.dataset.touched = ""));
  }

  /** Show a step or its update. */
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

  /** Show the summary. The steps stay open: closing them would move the answer below. */
  end() {
    const rows = [...this.#list.children];
    const spent = rows.reduce((sum, row) => sum + Number(row.dataset.duration), 0);
    // The durations of steps that are not shown are unknown.
    this.#summarise(this.#more ? "" : duration(spent));
  }

  /** Close, unless the user has opened or closed it. */
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

  /** The number of steps that are not shown. */
  get #more() {
    return Number(this.#details.dataset.more);
  }

  #summarise(detail) {
    const count = this.#rows.length + this.#more;
    this.querySelector(".steps-count").textContent = plural("{count} step", "{count} steps", count);
    this.querySelector(".steps-detail").textContent = detail;
  }

  /** The row of a step among those with the same parent, in the order in which they began. */
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

  /** A child may arrive before its parent: insert an empty row for the parent. */
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
