/** Loads the queue of a chat at its first use. */

/**
 * The queue of the page, loaded.
 * @param {HTMLElement} app
 * @returns {Promise<import("./chat-queue.js").ChatQueue>}
 */
export async function openQueue(app) {
  await import("./chat-queue.js");
  return app.querySelector("chat-queue");
}

/** Where a question that is to be queued is shown while it is on its way. */
export function queueOutbox(app) {
  return {
    lastNumber: app.querySelector("chat-log").lastNumber,
    expectPrompt: (element) => app.querySelector(".queue-outbox").append(element),
  };
}
