/**
 * Where the pages are on their host: at the root, or below a path such as /chat. What the server
 * stores and sends as data has paths without it, so that an installation can move.
 */
const ROOT = document.documentElement.dataset.root ?? "";

/** The path of a route as the browser knows it. */
export function pathTo(path) {
  return ROOT + path;
}

/** The address of a stored link, which may lead elsewhere. */
export function linkTo(url) {
  return /^\/(?!\/)/.test(url) ? pathTo(url) : url;
}

/** A name in the browser's storage that no other installation on this host uses. */
export function ownName(name) {
  return name + ROOT.replaceAll("/", "~");
}
