/**
 * After signing out of an installation below a path: erases what its pages have stored in the browser,
 * and nothing of others on the same host. At the root of a host, a header of the response does it.
 */
import "../install.js";
import { ownName } from "../root.js";

const own = ownName("");

for (const storage of [localStorage, sessionStorage]) {
  for (const key of Object.keys(storage)) {
    if (key.slice(key.indexOf("~")) === own) storage.removeItem(key);
  }
}
