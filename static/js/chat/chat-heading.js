/** The title of the chat, and its forms: rename, pin, instruct its model, delete. */
import { changeWorkflow, deleteWorkflow } from "../api.js";
import { keepFocus } from "../focus.js";
import { showInTab } from "./tab-sign.js";
import { t } from "../texts.js";

export class ChatHeading extends HTMLElement {
  #workflowId = "";
  #controller = null;

  connectedCallback() {
    this.#workflowId = this.closest("[data-workflow]").dataset.workflow;
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("keydown", (event) => this.#close(event));
    this.#rename.addEventListener("toggle", () => this.#edit());
    this.querySelector(".title").addEventListener("dblclick", () => this.#startRenaming());
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    this.#menu.addEventListener("focusout", (event) => this.#leaveMenu(event), { signal });
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("click", (event) => this.#closeMenu(event), { signal });
  }

  disconnectedCallback() {
    this.#controller.abort();
  }

  /** Show a chat's title and state. */
  show(workflow) {
    this.#workflowId = workflow.id;
    this.hidden = false;
    this.querySelector(".title").textContent = workflow.title;
    this.#pin.setAttribute("aria-pressed", String(workflow.pinned));
    if (!this.#rename.open) this.#input.value = workflow.title;
    this.#instruct(workflow.systemPrompt ?? "", workflow.parameters);
    for (const form of this.querySelectorAll("form")) {
      form.action = `/chat/${workflow.id}/${form.dataset.action}`;
    }
    for (const link of this.querySelectorAll("a[data-action]")) {
      link.href = `/chat/${workflow.id}/${link.dataset.action}`;
    }
    showInTab(workflow);
  }

  #instruct(text, parameters) {
    const details = this.querySelector(".instructions");
    if (!details) return;
    details.toggleAttribute("data-set", Boolean(text || parameters));
    const label = text
      ? t("Custom instructions for this chat (set)")
      : t("Custom instructions for this chat");
    details.querySelector("summary").ariaLabel = label;
    if (!details.open) details.querySelector("textarea").value = text;
  }

  get #rename() {
    return this.querySelector(".rename");
  }

  get #menu() {
    return this.querySelector(".heading-more");
  }

  get #input() {
    return this.querySelector("input");
  }

  get #pin() {
    return this.querySelector("[aria-pressed]");
  }

  async #submit(event) {
    event.preventDefault();
    const { action } = event.target.dataset;
    try {
      await this.#do(action);
      // Another form with input stays open.
      shut(event.target.closest("details"));
      if (action === "delete") this.#tell("chat:deleted", this.#workflowId);
    } catch (error) {
      this.#tell("chat:failed", error.message);
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }

  #do(action) {
    if (action === "delete") return deleteWorkflow(this.#workflowId);
    if (action === "rename") return changeWorkflow(this.#workflowId, { title: this.#input.value });
    if (action === "instructions") {
      const systemPrompt = this.querySelector(".instructions textarea").value;
      return changeWorkflow(this.#workflowId, { systemPrompt });
    }
    const pinned = this.#pin.getAttribute("aria-pressed") !== "true";
    return changeWorkflow(this.#workflowId, { pinned });
  }

  /** The menu closes with a click beside it, as menus do. */
  #closeMenu({ target }) {
    if (!this.#menu.contains(target)) this.#menu.open = false;
  }

  /** It also closes when the focus leaves: it would cover the focused element. */
  #leaveMenu({ relatedTarget }) {
    if (relatedTarget && !this.#menu.contains(relatedTarget)) this.#menu.open = false;
  }

  /** F2 renames the chat, unless another chat in the list has the focus. */
  #key(event) {
    if (event.key === "F2" && !event.target.closest("chat-list, input")) this.#startRenaming();
  }

  #startRenaming() {
    if (!this.hidden) this.#rename.open = true;
  }

  #edit() {
    if (this.#rename.open) {
      this.#input.focus();
      this.#input.select();
      return;
    }
    this.#input.value = this.querySelector(".title").textContent;
  }

  #close(event) {
    const details = event.target.closest("details[open]");
    if (event.key !== "Escape" || !details) return;
    event.preventDefault();
    shut(details);
  }
}

/** Return the focus from an element to the control that opened it. */
function shut(details) {
  keepFocus(
    () => (details.open = false),
    () => details.querySelector("summary"),
  );
}
