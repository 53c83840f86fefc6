/** The requests about documents. Those for one thing throw as those in ../api.js do. */
import { send, sendForJson } from "../api.js";
import { t } from "../texts.js";

let before = Promise.resolve();

/** All documents, the latest first. */
export async function listDocuments() {
  return (await sendForJson("GET", "/api/documents")).documents;
}

/** The entry of a document in the list. */
export async function readDocument(id) {
  return (await sendForJson("GET", `/api/documents/${id}?limit=1`)).document;
}

/** Delete a document. */
export function deleteDocument(id) {
  return send("DELETE", `/api/documents/${id}`);
}

/**
 * Send files to be read, once those are there that were sent before: over HTTP/1.1 a page has no more
 * than one connection to spare.
 * @param {File[]} files
 * @returns {Promise<{documents: object[], refused: string[]}>} why some were not taken, a line for each
 */
export function uploadFiles(files) {
  const sent = before.then(() => upload(files));
  before = sent;
  return sent;
}

/** A folder, or a file that has changed, would keep the browser from sending any of them. */
async function upload(files) {
  const readable = await Promise.all(files.map(isReadable));
  const lost = files.filter((_, index) => !readable[index]);
  const { documents, refused } = await post(files.filter((_, index) => readable[index]));
  return { documents, refused: [...lost.map(({ name }) => `${name}: ${UNREADABLE}`), ...refused] };
}

async function post(files) {
  if (!files.length) return { documents: [], refused: [] };
  const form = new FormData();
  for (const file of files) form.append("files", file);
  try {
    const { documents, refused } = await sendForJson("POST", "/api/documents", form);
    return { documents, refused: refused.map(({ name, error }) => `${name}: ${error.message}`) };
  } catch ({ message, status }) {
    // Where all are refused, the answer is about the first of them.
    return { documents: [], refused: [status ? `${files[0].name}: ${message}` : message] };
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
