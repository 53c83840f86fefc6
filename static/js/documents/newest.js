/**
 * The newest state of each document that this page has heard of. States arrive on the stream and in
 * responses, in either order: every change of the list has a higher `seq` than those before it, the
 * progress of a reading only grows, and a deletion is final.
 */
const states = new Map();

/** Take a state of a document, and return the newest: this one, or one that is known already. */
export function newest(item) {
  const known = states.get(item.id);
  if (!known || isNewer(item, known)) states.set(item.id, item);
  return states.get(item.id);
}

/** The newest state of a document; undefined if the page has heard nothing of it. */
export function known(id) {
  return states.get(id);
}

/** Forget all states: they may be those of another database. */
export function forget() {
  states.clear();
}

/**
 * All documents, the latest first.
 * @param {object[]} listed All that the server had when it answered; after `forget`, whatever else is
 *   known was told by the stream since the request, and may be newer.
 */
export function reconcile(listed) {
  const ids = new Set(listed.map(({ id }) => id));
  const added = [...states.values()].filter(({ id }) => !ids.has(id)).reverse();
  return [...added, ...listed.map(newest)].filter(({ deleted }) => !deleted);
}

function isNewer(item, known) {
  if (known.deleted || item.deleted) return !known.deleted;
  if (item.seq !== known.seq) return item.seq > known.seq;
  return (item.progress ?? 0) >= (known.progress ?? 0);
}
