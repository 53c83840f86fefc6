/**
 * Shows an offline page while the server can't be reached, and notifications of answers.
 *
 * It stores that page and the few files that the page needs, which the server lists in SHELL, and
 * nothing else: no page with content, no response of the API. It handles only requests for pages.
 */
self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(SHELL.name).then((cache) => cache.addAll(SHELL.files)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers());
});

/** The tabs that show the offline page: only their files come from the cache. */
const away = new Set();

self.addEventListener("fetch", (event) => {
  const { method, mode } = event.request;
  if (method === "GET" && mode === "navigate") event.respondWith(open(event));
  else if (away.has(event.clientId)) event.respondWith(stored(event.request));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data.path));
});

async function forgetOthers() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(SHELL.family) && name !== SHELL.name);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function open({ request, resultingClientId }) {
  try {
    return await fetch(request);
  } catch {
    away.add(resultingClientId);
    return stored(SHELL.offline);
  }
}

async function stored(request) {
  const cache = await caches.open(SHELL.name);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** Focus the tab that shows a page, or open one. */
async function show(path) {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const tab = tabs.find(({ url }) => new URL(url).pathname === path);
  await (tab ? tab.focus() : self.clients.openWindow(path));
}
