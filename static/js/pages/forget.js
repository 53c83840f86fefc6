/**
 * After signing out: erases what the pages have stored in the browser, such as drafts. Other
 * installations and programs may share the host, so no header of the response does it, which would
 * erase all that the host has stored.
 */
import "../install.js";
import { ownName } from "../root.js";

const OURS = "quart-chat";
const own = ownName("");

function isOwn(key) {
  const start = key.indexOf("~");
  return key.startsWith(OURS) && (start < 0 ? "" : key.slice(start)) === own;
}

for (const storage of [localStorage, sessionStorage]) {
  for (const key of Object.keys(storage)) {
    if (isOwn(key)) storage.removeItem(key);
  }
}
