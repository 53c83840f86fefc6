/** Who signs an answer; quart_chat/chat/author.py says the same. */
const MODEL = "model";

/**
 * @param {{assistant: string, usage: ?{model: string}}} message
 * @param {Record<string, string>} titles What the assistants that are offered are called.
 * @returns {string}
 */
export function author({ assistant, usage }, titles) {
  const title = titles[assistant];
  if (title && assistant !== MODEL) return title;
  return usage?.model || title || assistant;
}
