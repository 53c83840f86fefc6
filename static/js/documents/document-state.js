/** The state of a document as a text: its progress, or its passages and pages. */
import { plural, t } from "../texts.js";

/** Whether a document is waiting or being read. */
export function isBeingRead({ status }) {
  return status === "waiting" || status === "reading";
}

/** What of a document that is ready could not be read: a sentence each. */
export function warningsOf({ status, warnings }) {
  return status === "ready" ? warnings.map(({ message }) => message) : [];
}

export function stateOf({ status, step, message, passages, pages }) {
  if (status === "waiting") return t("Waiting to be read");
  if (status === "reading") return step ?? t("Being read");
  if (status === "failed") return message;
  const found = plural("{count} passage", "{count} passages", passages);
  return pages ? `${found} · ${plural("{count} page", "{count} pages", pages)}` : found;
}
