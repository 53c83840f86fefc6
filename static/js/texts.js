/**
 * Texts for users, in the language of the page. The source code has a text in English:
 * `t("Not sent. {reason}", { reason })`. In other languages the page contains a block of data with
 * the translations of the scripts' texts, from the catalogue.
 */
const language = document.documentElement.lang || "en";
const block = document.getElementById("texts");
const texts = block ? JSON.parse(block.textContent) : {};
const plurals = new Intl.PluralRules(language);

/**
 * A text, with its placeholders replaced by values.
 * @param {string} text
 * @param {Object<string, string | number>} [values] Numbers are formatted for the language.
 * @returns {string}
 */
export function t(text, values = {}) {
  return fill(texts[text] ?? text, values);
}

/**
 * A text that depends on a number: `plural("{count} more step", "{count} more steps", count)`.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string}
 */
export function plural(one, many, count) {
  const forms = texts[one] ?? { one, other: many };
  return fill(forms[plurals.select(count)] ?? forms.other, { count });
}

/** A number formatted for the language, with a number of decimals. */
export function number(value, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString(language, options);
}

/** A rate per second, without decimals above a hundred. */
export function rate(value) {
  return number(value, value < 100 ? 1 : 0);
}

/** A duration in milliseconds, or in seconds from one second on. */
export function duration(ms) {
  return ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} s`;
}

/** A duration in milliseconds, in seconds with one decimal. */
export function seconds(ms) {
  return ms < 50 ? t("under 0.1 s") : `${number(ms / 1000, 1)} s`;
}

/**
 * A date or time formatted for the language.
 * @param {number | Date} moment A date, or milliseconds since 1970.
 * @param {Intl.DateTimeFormatOptions} [options]
 * @returns {string}
 */
export function date(moment, options = { dateStyle: "medium", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(language, options).format(moment);
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name] ?? whole;
    return typeof value === "number" ? number(value) : value;
  });
}
