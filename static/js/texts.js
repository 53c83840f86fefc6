/**
 * Texts for people, in the language of the page. A text is written in English where it is used:
 * `t("Not sent. {reason}", { reason })`. In other languages the page brings a block of data with
 * the texts that scripts use, taken from the catalogue.
 */
const language = document.documentElement.lang || "en";
const block = document.getElementById("texts");
const texts = block ? JSON.parse(block.textContent) : {};
const plurals = new Intl.PluralRules(language);

/**
 * A text, with values in the place of their names.
 * @param {string} text
 * @param {Object<string, string | number>} [values] Numbers are written as the language does.
 * @returns {string}
 */
export function t(text, values = {}) {
  return fill(texts[text] ?? text, values);
}

/**
 * A text that depends on a number: `plural("{count} step", "{count} steps", count)`.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @returns {string}
 */
export function plural(one, many, count) {
  const forms = texts[one] ?? { one, other: many };
  return fill(forms[plurals.select(count)] ?? forms.other, { count });
}

/** A number as the language writes it, with so many digits after its point. */
export function number(value, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString(language, options);
}

/** How many a second: what is more than a hundred needs no decimals. */
export function rate(value) {
  return number(value, value < 100 ? 1 : 0);
}

/** How long something took: milliseconds, or seconds from one on. */
export function duration(ms) {
  return ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} s`;
}

/**
 * A time as the language writes it.
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
