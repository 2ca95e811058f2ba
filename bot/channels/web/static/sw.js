// Keeps the page itself on the phone, so that it opens without a signal. What people say never goes through here.

const SHELL = "xiangyin-shell-3";
const FILES = ["/", "/static/chat.css", "/static/chat.js", "/static/outbox.js", "/static/recorder.js", "/static/replies.js",
  "/static/session.js", "/static/sound.js", "/static/icon.svg", "/static/icons.svg"];

self.addEventListener("install", (event) => event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
));

// The network first, so that a new version is seen at once; the kept copy when there is none.
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !FILES.includes(pathname)) return;
  event.respondWith(fetch(event.request).then((response) => {
    if (response.ok) { const copy = response.clone(); event.waitUntil(caches.open(SHELL).then((cache) => cache.put(pathname, copy))); }
    return response;
  }).catch(() => caches.match(pathname)));
});
