/** The title of the chat, and the instructions for its model. */
import { changeWorkflow } from "../api.js";
import { keepFocus } from "../focus.js";
import { showInTab } from "./tab-sign.js";
import { t } from "../texts.js";
import { describeUsage } from "./usage.js";
import { pathTo } from "../root.js";

export class ChatHeading extends HTMLElement {
  #workflowId = "";

  connectedCallback() {
    this.#workflowId = this.closest("[data-workflow]").dataset.workflow;
    this.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("keydown", (event) => this.#close(event));
  }

  /** Show a chat's title and state. */
  show(workflow) {
    this.#workflowId = workflow.id;
    this.hidden = false;
    Object.assign(this.dataset, { id: workflow.id, pinned: Number(workflow.pinned) });
    const title = this.querySelector(".title-text");
    title.textContent = workflow.title;
    title.title = [t("Rename (F2)"), costOf(workflow.titleUsage)].filter(Boolean).join("\n");
    this.#instruct(workflow.systemPrompt ?? "", workflow.parameters);
    for (const element of this.querySelectorAll("[data-action]")) {
      element[element.href ? "href" : "action"] = pathTo(`/chat/${workflow.id}/${element.dataset.action}`);
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

  async #submit(event) {
    event.preventDefault();
    const systemPrompt = this.querySelector(".instructions textarea").value;
    try {
      await changeWorkflow(this.#workflowId, { systemPrompt });
      shut(event.target.closest("details"));
    } catch (error) {
      const detail = error.message;
      this.dispatchEvent(new CustomEvent("chat:failed", { bubbles: true, detail }));
    }
  }

  #close(event) {
    const details = event.target.closest("details[open]");
    if (event.key !== "Escape" || !details) return;
    event.preventDefault();
    shut(details);
  }
}

/** What it took to ask a model for the title. */
function costOf(used) {
  return used ? t("Title: {usage}", { usage: describeUsage(used) }) : "";
}

/** Return the focus from an element to the control that opened it. */
function shut(details) {
  keepFocus(
    () => (details.open = false),
    () => details.querySelector("summary"),
  );
}
