/** The cost of an answer, as a text; templates/_round.html has the same. */
import { duration, rate, t } from "../texts.js";

/**
 * @param {{model: string, promptTokens: ?number, answerTokens: ?number,
 *   tokensPerSecond: ?number, firstTokenMs: ?number}} usage
 * @returns {string}
 */
export function describeUsage({ model, tokensPerSecond, firstTokenMs, ...usage }) {
  const parts = [model, tokens(usage)];
  if (tokensPerSecond !== null) {
    parts.push(t("{rate} a second", { rate: rate(tokensPerSecond) }));
  }
  if (firstTokenMs !== null) {
    parts.push(t("first after {duration}", { duration: duration(firstTokenMs) }));
  }
  return parts.join(" · ");
}

function tokens({ promptTokens: read, answerTokens: written }) {
  if (written === null) return t("tokens not reported");
  if (read === null) return t("{written} tokens written", { written });
  return t("{read} tokens read, {written} written", { read, written });
}
