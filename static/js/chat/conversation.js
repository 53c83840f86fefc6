/**
 * The state of a chat on a page: a pure model that takes chatData and returns the changes.
 *
 * Items are upserts by id, so a repeated item changes nothing. A delta belongs at its offset; offsets
 * count code points, as on the server, and not JavaScript's UTF-16 units.
 *
 * @typedef {{type: string, item: object}} ChatData
 * @typedef {{kind: "message", message: object}
 *   | {kind: "text", message: object, text: string}
 *   | {kind: "log", log: object}
 *   | {kind: "workflow", workflow: object}
 *   | {kind: "queued", prompt: object}
 *   | {kind: "document", document: object}
 *   | {kind: "status", status: {reason: string | null}}
 *   | {kind: "end", status: string, end: object}
 *   | {kind: "reset", workflowId: string | null, next?: string | null}
 *   | {kind: "hole"}} Change
 */
export class Conversation {
  #messages = new Map();

  /**
   * Apply an item.
   * @param {ChatData} data
   * @returns {Change | null} the change to show; null if nothing is new
   */
  apply({ type, item }) {
    switch (type) {
      case "message":
        return this.#message(item);
      case "delta":
        return this.#delta(item);
      case "log":
        return { kind: "log", log: item };
      case "workflow":
        return { kind: "workflow", workflow: item };
      case "queued":
        return { kind: "queued", prompt: item };
      case "document":
        return { kind: "document", document: item };
      case "status":
        return { kind: "status", status: item };
      case "complete":
      case "stopped":
      case "error":
        return { kind: "end", status: type, end: item };
      case "reset":
        return this.#reset(item);
      default:
        return null;
    }
  }

  #message(item) {
    const known = this.#messages.get(item.id);
    const length = codePoints(item.content);
    const revision = item.revision ?? 0;
    // A snapshot of a text in flight may have been taken before the last deltas.
    if (item.status === "streaming" && known && !isNewer(known, revision, length)) return null;
    const message = { ...item, length, revision };
    this.#messages.set(item.id, message);
    return { kind: "message", message };
  }

  #delta({ messageId, offset, text, revision = 0 }) {
    const message = this.#messages.get(messageId);
    if (!message || revision > message.revision) return { kind: "hole" };
    if (revision < message.revision) return null;
    if (offset > message.length) return { kind: "hole" };
    const length = codePoints(text);
    if (message.status !== "streaming" || offset + length <= message.length) return null;
    const fresh = offset === message.length ? text : skip(text, message.length - offset);
    message.content += fresh;
    message.length = offset + length;
    return { kind: "text", message, text: fresh };
  }

  #reset({ workflowId, next }) {
    if (workflowId !== null) this.#messages.clear();
    return { kind: "reset", workflowId, next };
  }
}

/** Whether a text in flight is longer than the known text, or has a newer revision. */
function isNewer(known, revision, length) {
  if (known.status !== "streaming") return false;
  return revision === known.revision ? length > known.length : revision > known.revision;
}

function codePoints(text) {
  let count = 0;
  for (let index = 0; index < text.length; index += text.codePointAt(index) > 0xffff ? 2 : 1) {
    count += 1;
  }
  return count;
}

function skip(text, count) {
  return [...text].slice(count).join("");
}
