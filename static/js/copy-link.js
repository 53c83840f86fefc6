/** Copies the link that stands beside the button: whole, as this browser would open it. */
import { writeText } from "./clipboard.js";
import { t } from "./texts.js";

class CopyLink extends HTMLElement {
  connectedCallback() {
    // A proxy may have ended TLS, so that the server doesn't know what its address begins with.
    this.#field.value = new URL(this.dataset.path, location.href).href;
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.#copy());
  }

  get #field() {
    return this.querySelector("input");
  }

  async #copy() {
    const said = this.querySelector(".share-copied");
    try {
      await writeText(this.#field.value);
      said.textContent = t("Copied");
    } catch {
      this.#field.focus();
      this.#field.select();
      said.textContent = t("Copy the selected link by hand.");
    }
  }
}

customElements.define("copy-link", CopyLink);
