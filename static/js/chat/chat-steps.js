/** The steps of an answer in one line, with the details on a click; and what a model has thought. */
import { sumUp, sumUpThoughts } from "./steps-line.js";
import { duration, number, t } from "../texts.js";

export class ChatSteps extends HTMLElement {
  /** Show a step or its update. */
  show(log) {
    if (log.type === "reasoning") {
      this.#think(log);
      return;
    }
    const row = this.#row(log);
    row.dataset.status = log.status;
    row.dataset.type = log.type;
    row.dataset.duration = log.durationMs ?? "";
    row.querySelector(".step-message").textContent = log.message;
    row.querySelector(".step-failed").textContent = log.status === "failed" ? t("not finished") : "";
    row.querySelector(".step-time").textContent = time(log);
    showProgress(row.querySelector(".step-progress"), log);
    this.sumUp();
  }

  /** Show what the steps come to. */
  sumUp() {
    const running = this.closest(".round").dataset.status === "running";
    const line = sumUp([...this.#list.children], running, Number(this.#details.dataset.more));
    this.#details.hidden = !line;
    if (!line) return;
    const summary = this.#details.querySelector("summary");
    summary.dataset.type = line.type;
    if (summary.textContent !== line.text) summary.textContent = line.text;
  }

  #think({ id, message, status, durationMs }) {
    const box = this.querySelector(".thought");
    const thoughts = [...box.querySelectorAll("p")];
    let text = thoughts.find(({ dataset }) => dataset.log === id);
    if (!text) {
      text = document.createElement("p");
      text.className = "thought-text";
      text.dir = "auto";
      thoughts.push(text);
      box.append(text);
    }
    Object.assign(text.dataset, { log: id, status, duration: durationMs ?? 0 });
    text.textContent = message;
    box.hidden = false;
    box.querySelector("summary").textContent = sumUpThoughts(thoughts);
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
  if (durationMs !== null) return durationMs < 1 ? "" : duration(durationMs);
  return status === "running" && progress !== null ? `${number(progress * 100)} %` : "";
}
