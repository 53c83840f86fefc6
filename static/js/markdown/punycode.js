/** Names of hosts in letters of every script, as ASCII and back: Punycode (RFC 3492). */
const BASE = 36;
const FIRST = 128;
const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** The next bias, after a letter (RFC 3492, 6.1). */
function adapt(delta, count, isFirst) {
  delta = Math.floor(delta / (isFirst ? 700 : 2));
  delta += Math.floor(delta / count);
  let k = 0;
  for (; delta > 455; k += BASE) delta = Math.floor(delta / 35);
  return k + Math.floor((36 * delta) / (delta + 38));
}

const threshold = (k, bias) => Math.min(Math.max(k - bias, 1), 26);

function encode(label) {
  const points = Array.from(label, (letter) => letter.codePointAt(0));
  let output = label.replace(/[^\0-\x7F]/gu, "");
  const basic = output.length;
  let [delta, bias, done] = [0, 72, basic];
  if (basic) output += "-";
  for (let point = FIRST; done < points.length; point += 1, delta += 1) {
    const next = Math.min(...points.filter((other) => other >= point));
    delta += (next - point) * (done + 1);
    point = next;
    for (const other of points) {
      if (other < point) delta += 1;
      if (other !== point) continue;
      let q = delta;
      for (let k = BASE; ; k += BASE) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += DIGITS[t + ((q - t) % (BASE - t))];
        q = Math.floor((q - t) / (BASE - t));
      }
      output += DIGITS[q];
      bias = adapt(delta, done + 1, done === basic);
      delta = 0;
      done += 1;
    }
  }
  return output;
}

function decode(label) {
  const end = Math.max(label.lastIndexOf("-"), 0);
  const points = Array.from(label.slice(0, end), (letter) => letter.charCodeAt(0));
  let [i, point, bias] = [0, FIRST, 72];
  for (let place = end ? end + 1 : 0; place < label.length; ) {
    const before = i;
    for (let [w, k] = [1, BASE]; ; k += BASE) {
      const found = DIGITS.indexOf(label[place] ?? " ");
      place += 1;
      if (found < 0) throw new RangeError(label);
      i += found * w;
      const t = threshold(k, bias);
      if (found < t) break;
      w *= BASE - t;
    }
    const count = points.length + 1;
    bias = adapt(i - before, count, !before);
    point += Math.floor(i / count);
    i %= count;
    points.splice(i, 0, point);
    i += 1;
  }
  return String.fromCodePoint(...points);
}

function eachLabel(host, change) {
  return host.replace(/[\u3002\uFF0E\uFF61]/g, ".").split(".").map(change).join(".");
}

export default {
  toASCII: (host) => eachLabel(host, (label) => (/[^\0-\x7F]/.test(label) ? `xn--${encode(label)}` : label)),
  toUnicode: (host) =>
    eachLabel(host, (label) => (/^xn--/.test(label) ? decode(label.slice(4).toLowerCase()) : label)),
};
