/** What is said of a document: how far it is read, and what of it was found. */
import { plural, t } from "../texts.js";

/** Whether a document has still to be read to its end. */
export function isBeingRead({ status }) {
  return status === "waiting" || status === "reading";
}

export function stateOf({ status, step, message, passages, pages }) {
  if (status === "waiting") return t("Waiting to be read");
  if (status === "reading") return step ?? t("Being read");
  if (status === "failed") return message;
  const found = plural("{count} passage", "{count} passages", passages);
  return pages ? `${found} · ${plural("{count} page", "{count} pages", pages)}` : found;
}
