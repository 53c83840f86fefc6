/** The settings of one chat: shows what another tab has set, unless something is being typed here. */
import "../frame.js";
import { t } from "../texts.js";

const form = document.querySelector("[data-chat-settings]");
const language = document.documentElement.lang;
let shown = JSON.stringify(JSON.parse(form.dataset.shown));
let touched = form.querySelector("[aria-invalid]") !== null;

const NUMBERS = ["temperature", "topP", "maxTokens"];
const PRECISE = { maximumFractionDigits: 20, useGrouping: false };

form.addEventListener("input", () => (touched = true));

document.querySelector("live-page").addEventListener("chat:changed", ({ detail }) => {
  const note = form.querySelector(".settings-saved");
  const { systemPrompt, parameters } = detail;
  const now = JSON.stringify([systemPrompt, parameters]);
  // A chat also changes by a new title, or by an answer.
  if (now === shown) return;
  shown = now;
  if (touched) {
    note.textContent = t("Another tab has changed these settings. Saving replaces them.");
    return;
  }
  form.elements.system_prompt.value = systemPrompt ?? "";
  for (const name of NUMBERS) {
    const value = parameters?.[name] ?? null;
    form.elements[name].value = value === null ? "" : value.toLocaleString(language, PRECISE);
  }
  form.elements.reasoningEffort.value = parameters?.reasoningEffort ?? "";
  const { extra = {} } = parameters ?? {};
  form.elements.extra.value = Object.keys(extra).length ? JSON.stringify(extra, null, 2) : "";
});
