/** The author of an answer; quart_chat/chat/author.py has the same rule. */
const MODEL = "model";

/**
 * @param {{assistant: string, usage: ?{model: string}}} message
 * @param {Record<string, string>} titles The titles of the available assistants, by name.
 * @returns {string}
 */
export function author({ assistant, usage }, titles) {
  const title = titles[assistant];
  if (title && assistant !== MODEL) return title;
  return usage?.model || title || assistant;
}
