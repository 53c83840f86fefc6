/** The switch for notifications; the browser is asked for its permission when it is switched on. */
import { canNotify, isWanted, want } from "./notifications.js";
import { t } from "../texts.js";

export class NotifySwitch extends HTMLElement {
  connectedCallback() {
    this.hidden = !canNotify;
    if (this.hidden) return;
    this.#button.addEventListener("click", () => this.#turn());
    // Another tab may have switched it.
    window.addEventListener("storage", this);
    this.#show();
  }

  disconnectedCallback() {
    window.removeEventListener("storage", this);
  }

  handleEvent() {
    this.#show();
  }

  async #turn() {
    const allowed = await want(!isWanted());
    this.querySelector("p").textContent = allowed
      ? ""
      : t("The browser does not allow notifications. Its settings for this site can change that.");
    this.#show();
  }

  #show() {
    this.#button.setAttribute("aria-pressed", String(isWanted()));
  }

  get #button() {
    return this.querySelector("button");
  }
}
