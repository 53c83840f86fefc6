/** Copies the link beside the button as a full address, as this browser would open it. */
import { writeText } from "./clipboard.js";
import { t } from "./texts.js";

class CopyLink extends HTMLElement {
  connectedCallback() {
    // Behind a proxy that terminates TLS, the server doesn't know the scheme of its address.
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
