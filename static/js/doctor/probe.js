/** Requests a known series of events, and records what arrives and when. */
import { pathTo } from "../root.js";

const PINGS = 5;

/** Milliseconds to wait after the end of the series. */
const PATIENCE = 20_000;

/** Milliseconds that the browser may take to record the timing of a request. */
const MEASURED = 2000;

/**
 * @param {{events: number, interval: number, padded: number, padding: number, pause: number}} plan
 * @param {{keepalive: number, signal: AbortSignal, onEvent: (count: number) => void}} options
 * @returns {Promise<import("./diagnosis.js").Observation>}
 */
export async function probe(plan, { keepalive, signal, onEvent }) {
  const pings = await ping(signal);
  const url = pathTo(`/api/doctor/stream?${new URLSearchParams(plan)}`);
  const seen = {
    expected: plan.events + plan.padded + (plan.pause ? 1 : 0),
    interval: plan.interval,
    keepalive,
    comments: 0,
    events: [],
    pings,
    startedAt: performance.now(),
  };
  const length = (plan.events + plan.padded) * plan.interval + plan.pause * 1000;
  // Combines two signals: AbortSignal.any is missing in Safari before 17.4.
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), length + PATIENCE);
  signal.addEventListener("abort", () => limit.abort(), { once: true });
  try {
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      signal: limit.signal,
    });
    Object.assign(seen, head(response), { headersAt: performance.now() });
    seen.ended = (await read(response, seen, onEvent)) ? "complete" : "cut";
  } catch {
    signal.throwIfAborted();
    seen.ended = limit.signal.aborted ? "silent" : seen.headersAt ? "cut" : "unreachable";
  } finally {
    clearTimeout(timer);
  }
  seen.endedAt = performance.now();
  return { ...seen, ...(await timing(url, seen.startedAt)) };
}

/** Ask for the server's time a few times, one after the other. */
async function ping(signal) {
  const pings = [];
  for (let i = 0; i < PINGS; i += 1) {
    const sent = performance.now();
    const response = await fetch(pathTo("/api/doctor/clock"), { cache: "no-store", signal }).catch(() => null);
    const arrived = performance.now();
    const answer = await response?.json().catch(() => null);
    // An abort may come while either is awaited; both then answer null.
    signal.throwIfAborted();
    if (Number.isFinite(answer?.time)) pings.push({ sent, arrived, time: answer.time * 1000 });
  }
  return pings;
}

function head({ status, headers }) {
  const names = ["server", "via", "x-powered-by", "cf-ray"];
  const server = names.map((name) => (headers.has(name) ? headers.get(name) : "")).filter(Boolean);
  return {
    status,
    contentType: headers.get("content-type") ?? "",
    encoding: headers.get("content-encoding") ?? "",
    server: [headers.has("cf-ray") ? "cloudflare" : "", ...server].filter(Boolean).join(", "),
  };
}

/** Read the stream; returns whether its last event arrived. */
async function read(response, seen, onEvent) {
  let text = "";
  let complete = false;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    const arrived = performance.now();
    seen.lastByteAt = arrived;
    const frames = countComments(text + value, seen).split("\n\n");
    text = frames.pop();
    for (const frame of frames) {
      const type = take(frame, arrived, seen);
      complete ||= type === "complete";
      if (type === "probe") onEvent(seen.events.length);
    }
  }
  return complete;
}

/** Remove and count the comments, also before the frame that follows is complete. */
function countComments(text, seen) {
  return text.replace(/^:.*\n/gm, () => {
    seen.comments += 1;
    return "";
  });
}

function take(frame, arrived, seen) {
  const data = /^data: (.*)$/m.exec(frame)?.[1];
  if (!data) return null;
  const { type, createdAt, item } = JSON.parse(data);
  if (type === "probe") {
    const bytes = frame.length + 2;
    seen.events.push({ number: item.number, sent: createdAt * 1000, arrived, bytes });
  }
  return type;
}

/** The browser's own timing of the request, once it is available. */
async function timing(url, since) {
  const entry = await entryOf(new URL(url, location.href).href, since);
  if (!entry?.requestStart) return {};
  const connecting = entry.connectEnd - entry.domainLookupStart;
  return {
    protocol: entry.nextHopProtocol,
    queued: Math.max(0, entry.requestStart - entry.startTime - connecting),
  };
}

function entryOf(name, since) {
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      const found = list.getEntriesByName(name).find((entry) => entry.startTime >= since);
      if (found) finish(found);
    });
    const timer = setTimeout(() => finish(null), MEASURED);
    const finish = (entry) => {
      clearTimeout(timer);
      observer.disconnect();
      resolve(entry);
    };
    observer.observe({ type: "resource", buffered: true });
  });
}
