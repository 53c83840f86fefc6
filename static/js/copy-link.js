/** Copies the link that stands beside the button: whole, as this browser would open it. */
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
    this.#field.select();
    // Without a secure connection there is no clipboard; what is selected can be copied by hand.
    const copied = await navigator.clipboard?.writeText(this.#field.value).then(
      () => true,
      () => false,
    );
    const said = copied ? t("Copied") : t("Copy the selected link by hand.");
    this.querySelector(".share-copied").textContent = said;
  }
}

customElements.define("copy-link", CopyLink);
