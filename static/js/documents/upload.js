/** Uploading files. */
import { t } from "../texts.js";

/**
 * Send files to be read.
 * @param {Iterable<File>} files
 * @returns {Promise<{documents: object[], refused: {name?: string, error: {message: string}}[]}>}
 */
export async function sendFiles(files) {
  const form = new FormData();
  for (const file of files) form.append("files", file);
  const unreachable = { error: { message: t("The server can't be reached.") } };
  const response = await fetch("/api/documents", { method: "POST", body: form }).catch(() => null);
  const answer = response ? await response.json().catch(() => unreachable) : unreachable;
  // Where all are refused, the answer is about the first of them.
  const refused = [{ name: form.getAll("files")[0]?.name, ...answer }];
  return answer.error ? { documents: [], refused } : answer;
}
