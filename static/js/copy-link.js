/** Copies the link that stands beside the button. */
import { t } from "./texts.js";

class CopyLink extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    const field = this.querySelector("input");
    field.select();
    // Without a secure connection there is no clipboard; what is selected can be copied by hand.
    const copied = await navigator.clipboard?.writeText(field.value).then(
      () => true,
      () => false,
    );
    const said = copied ? t("Copied") : t("Copy the selected link by hand.");
    this.querySelector(".share-copied").textContent = said;
  }
}

customElements.define("copy-link", CopyLink);
