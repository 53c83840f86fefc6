/**
 * Diagnoses how a known series of events arrived: a pure function of an observation.
 *
 * Times are milliseconds of this browser's clock; the server's times are converted by the offset that
 * the pings show, as in NTP: the ping with the shortest round trip is the most exact.
 *
 * @typedef {object} Observation
 * @property {number} expected Events of the whole series.
 * @property {number} interval Milliseconds between two of them.
 * @property {number} keepalive Milliseconds of silence after which the server sends a comment.
 * @property {number} startedAt When the request was sent.
 * @property {number} [headersAt] When the response's head arrived.
 * @property {number} endedAt
 * @property {number} [lastByteAt]
 * @property {"complete" | "cut" | "silent" | "unreachable"} ended
 * @property {number} [status]
 * @property {string} [contentType]
 * @property {string} [encoding] The Content-Encoding.
 * @property {string} [server] The headers that name the server.
 * @property {string} [protocol] Such as "http/1.1" or "h2".
 * @property {number} [queued] Milliseconds that the request waited in the browser.
 * @property {number} comments Keep-alive comments that arrived.
 * @property {{number: number, sent: number, arrived: number, bytes: number}[]} events In their order of arrival;
 *   `sent` by the server's clock.
 * @property {{sent: number, time: number, arrived: number}[]} pings `time` by the server's clock.
 *
 * @typedef {{id: string, level: "good" | "info" | "note" | "bad", values?: object, cures?: string[]}} Finding
 */

/** Shares of the series that arrived in lumps: worth a note, and clearly not an accident. */
const SOME = 0.2;
const MOST = 0.5;

/** Events arrived together if the time between them shrank to this share. */
const TOGETHER = 0.25;

/** Milliseconds that matter: of silence, of waiting for a connection, of a round trip. */
const LATE = 400;
const QUEUED = 500;
const SLOW = 600;

/** The proxies that buffer, by the response's headers. The app's own server adds no such header. */
const SERVERS = [
  ["cloudflare", /cloudflare/i],
  ["nginx", /nginx|openresty|tengine/i],
  ["apache", /apache/i],
];

/** @param {Observation} seen */
export function diagnose(seen) {
  const clock = compareClocks(seen);
  const events = seen.events.map((event) => ({ ...event, sent: event.sent + clock.offset }));
  const delays = events.map(({ sent, arrived }) => arrived - sent);
  const facts = {
    roundTrip: clock.roundTrip,
    delay: median(delays),
    longest: delays.length ? Math.max(...delays) : null,
    firstByte: seen.headersAt === undefined ? null : seen.headersAt - seen.startedAt,
    lived: seen.endedAt - seen.startedAt,
    arrived: new Set(events.map((event) => event.number)).size,
  };
  const refusal = refused(seen);
  const findings = refusal
    ? [refusal]
    : [...arrival(seen, events, facts), ...ending(seen, events), ...order(seen, events)];
  findings.push(...surroundings(seen, facts));
  if (findings.every(({ id, level }) => level !== "bad" && id !== "uneven")) {
    findings.unshift(allWell(facts));
  }
  return { facts, events, findings, level: worst(findings) };
}

/** The offset between the server's clock and this browser's, and the shortest round trip. */
export function compareClocks({ pings, events }) {
  const best = pings.toSorted((a, b) => a.arrived - a.sent - (b.arrived - b.sent))[0];
  if (best) {
    const offset = (best.sent + best.arrived) / 2 - best.time;
    return { offset, roundTrip: best.arrived - best.sent };
  }
  // Without pings, assume that the fastest event arrived at once.
  const offset = Math.min(...events.map(({ sent, arrived }) => arrived - sent));
  return { offset: Number.isFinite(offset) ? offset : 0, roundTrip: null };
}

/**
 * Runs of events that were sent separately and arrived together.
 * @returns {object[][]} each of two events or more
 */
export function lumps(events) {
  const found = [];
  let run = events.slice(0, 1);
  for (const [index, event] of events.entries()) {
    if (index === 0) continue;
    const before = events[index - 1];
    if (event.arrived - before.arrived < (event.sent - before.sent) * TOGETHER) run.push(event);
    else {
      if (run.length > 1) found.push(run);
      run = [event];
    }
  }
  if (run.length > 1) found.push(run);
  return found;
}

function refused({ ended, status, contentType }) {
  if (ended === "unreachable") return { id: "unreachable", level: "bad" };
  if (status === undefined) return null;
  if (status === 429) return { id: "too-many", level: "bad" };
  if (status !== 200) return { id: "refused", level: "bad", values: { status } };
  if (!contentType.startsWith("text/event-stream")) {
    return { id: "other-content", level: "bad", values: { contentType: contentType || "—" } };
  }
  return null;
}

function arrival(seen, events, facts) {
  const cures = culprits(seen);
  if (!events.length) {
    return [{ id: "nothing", level: "bad", values: { lived: facts.lived }, cures }];
  }
  const together = lumps(events);
  const share = sum(together.map((lump) => lump.length)) / events.length;
  const bytes = Math.max(0, ...together.map((lump) => sum(lump.map((event) => event.bytes))));
  const largest = Math.max(0, ...together.map((lump) => lump.length));
  const held = (id) => [{ id, level: "bad", values: { bytes, largest }, cures }];
  const last = events.at(-1).sent;
  if (events.length > 2 && events[0].arrived > last && seen.ended === "complete") {
    return held("held-to-end");
  }
  // A busy computer also reads several events at once, but then most are not late, and no first one
  // is by much.
  const way = (facts.roundTrip ?? 0) / 2;
  const late = facts.delay - way > seen.interval / 2;
  if (share >= MOST && late) return held("held-in-lumps");
  const waited = events[0].arrived - events[0].sent - way > LATE;
  if (waited && together[0]?.[0] === events[0] && largest > 2 && largest === together[0].length) {
    return held("held-at-start");
  }
  if (share >= SOME) return [{ id: "uneven", level: "note", values: { largest } }];
  return [];
}

function ending({ ended, endedAt, startedAt, lastByteAt, keepalive, ...seen }, events) {
  if (ended === "complete" || !events.length) return [];
  const silence = endedAt - lastByteAt;
  const values = { lived: endedAt - startedAt, silence, keepalive };
  if (ended === "silent") return [{ id: "gone-silent", level: "bad", values }];
  // A connection that keep-alives had kept open was not closed for its silence.
  const quiet = silence > 3 * seen.interval + LATE && !seen.comments;
  const id = quiet ? "cut-in-silence" : "cut-while-busy";
  return [{ id, level: "bad", values, cures: cutters(seen) }];
}

function order({ expected, ended }, events) {
  const findings = [];
  const numbers = events.map((event) => event.number);
  const different = new Set(numbers);
  const missing = ended === "complete" ? expected - different.size : missingBetween(different);
  if (missing > 0) findings.push({ id: "missing", level: "bad", values: { missing } });
  const doubled = numbers.length - different.size;
  if (doubled) findings.push({ id: "doubled", level: "bad", values: { doubled } });
  if (numbers.some((number, index) => number < numbers[index - 1])) {
    findings.push({ id: "disordered", level: "bad" });
  }
  return findings;
}

function missingBetween(numbers) {
  return numbers.size ? Math.max(...numbers) - numbers.size : 0;
}

function surroundings({ encoding, protocol, queued = 0 }, { roundTrip }) {
  const findings = [];
  if (queued > QUEUED) findings.push({ id: "queued", level: "bad", values: { queued } });
  else if (protocol?.startsWith("http/1")) findings.push({ id: "few-connections", level: "info" });
  if (encoding) findings.push({ id: "compressed", level: "note", values: { encoding } });
  if (roundTrip > SLOW) findings.push({ id: "slow", level: "note", values: { roundTrip } });
  return findings;
}

function allWell({ delay, longest }) {
  return { id: "one-by-one", level: "good", values: { delay, longest } };
}

/** The programs whose settings to check, the most likely first. */
function culprits({ encoding, server = "" }) {
  const named = SERVERS.filter(([, pattern]) => pattern.test(server)).map(([name]) => name);
  return [...(encoding ? ["compression"] : []), ...named, ...(named.length ? [] : ["unknown"])];
}

function cutters({ server = "" }) {
  const named = SERVERS.filter(([, pattern]) => pattern.test(server)).map(([name]) => name);
  return named.length ? named.map((name) => `${name}-timeout`) : ["unknown-timeout"];
}

function worst(findings) {
  return ["bad", "note"].find((level) => findings.some((it) => it.level === level)) ?? "good";
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function median(numbers) {
  if (!numbers.length) return null;
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
