/** The cost of an answer, as a text; templates/_round.html has the same. */
import { number, rate, t } from "../texts.js";

/**
 * @param {{model: string, promptTokens: ?number, answerTokens: ?number, tokensPerSecond: ?number}} usage
 * @param {string} author The name above the answer, which is not repeated.
 * @returns {string}
 */
export function describeUsage({ model, promptTokens, answerTokens, tokensPerSecond }, author) {
  const parts = model === author ? [] : [model];
  if (answerTokens !== null) {
    if (promptTokens !== null) parts.push(t("{read} in", { read: number(promptTokens) }));
    parts.push(t("{written} out", { written: number(answerTokens) }));
  }
  if (tokensPerSecond !== null) parts.push(t("{rate} tok/s", { rate: rate(tokensPerSecond) }));
  return parts.join(" · ");
}
