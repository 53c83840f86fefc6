/** The requests about documents. Except for uploads, they throw like those in ../api.js. */
import { send, sendForJson } from "../api.js";
import { t } from "../texts.js";
import { pathTo } from "../root.js";

let before = Promise.resolve();

/** All documents, the latest first. */
export async function listDocuments(signal) {
  return (await sendForJson("GET", pathTo("/api/documents"), null, signal)).documents;
}

/** The documents whose names have all words of a query. */
export async function findDocuments(query) {
  return (await sendForJson("GET", pathTo(`/api/documents?${new URLSearchParams({ q: query })}`))).documents;
}

/** Delete a document. */
export function deleteDocument(id) {
  return send("DELETE", pathTo(`/api/documents/${id}`));
}

/** Give a document another name. */
export function renameDocument(id, name) {
  return send("PATCH", pathTo(`/api/documents/${id}`), { name });
}

/**
 * Upload files, after earlier uploads have ended: over HTTP/1.1 a page has only one connection to
 * spare.
 * @param {File[]} files
 * @returns {Promise<{documents: object[], refused: string[], unsent: File[]}>} The reasons of refused
 *   files, one line each, and the files that the server has not received.
 */
export function uploadFiles(files) {
  const sent = before.then(() => upload(files));
  before = sent;
  return sent;
}

/** A folder, or a file that has changed, would make the browser send none of the files. */
async function upload(files) {
  const readable = await Promise.all(files.map(isReadable));
  const lost = files.filter((_, index) => !readable[index]);
  const sent = await post(files.filter((_, index) => readable[index]));
  const refused = lost.map(({ name }) => `${name}: ${UNREADABLE}`);
  return { ...sent, refused: [...refused, ...sent.refused] };
}

async function post(files) {
  if (!files.length) return { documents: [], refused: [], unsent: [] };
  const form = new FormData();
  for (const file of files) form.append("files", file);
  try {
    const { documents, refused } = await sendForJson("POST", pathTo("/api/documents"), form);
    const lines = refused.map(({ name, error }) => `${name}: ${error.message}`);
    return { documents, refused: lines, unsent: [] };
  } catch ({ message, status }) {
    // If all are refused, the response is about the first.
    const line = status ? `${files[0].name}: ${message}` : message;
    const again = !status || status >= 500;
    return { documents: [], refused: [line], unsent: again ? files : [] };
  }
}

function isReadable(file) {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

const UNREADABLE = t(
  "The browser can't read it: it is a folder, or has changed since it was chosen. Choose the file again.",
);
