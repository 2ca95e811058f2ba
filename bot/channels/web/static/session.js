// The lines to the server, and who is speaking on them: the page's own cookie, or, inside a bank's app or menu page, a session made from the token that the
// host signed and passed in the address (#token=...). The host's cookies may be out of reach there, so it goes by header.

const AGAIN_MS = [1_000, 3_000, 10_000, 30_000, 60_000];
const MADE_ROOM = 4001; // for a newer page of the same person

let bearer = null;

export async function startSession() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  history.replaceState(null, "", location.pathname); // not in the history, not in a screenshot
  const response = await fetch("/chat/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error("refused"), { spokenText: body.error?.message });
  bearer = body.session;
}

/** fetch, as this visitor. */
export function call(path, options = {}) {
  const headers = bearer ? { ...options.headers, Authorization: `Bearer ${bearer}` } : options.headers;
  return fetch(path, { ...options, headers });
}

/** A socket on which the server tells at once what comes unasked, while somebody looks at the page. `last()` is the
 *  number of the newest letter, `take(letters)` gets newer ones, `heard({message_id, text})` what a message of ours
 *  says. Whether it stands is in `open`: without it, ask. */
export function listenForLetters(last, take, heard) {
  const line = { open: false };
  let socket = null, failures = 0, timer = 0;

  function again() {
    clearTimeout(timer);
    timer = setTimeout(connect, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] * (0.5 + Math.random()));
    failures += 1;
  }

  function connect() {
    clearTimeout(timer);
    if (socket || document.hidden) return;
    try { socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/chat/socket`); } catch { return; }
    socket.onopen = () => socket.send(JSON.stringify({ session: bearer, after: last() }));
    socket.onmessage = ({ data }) => {
      line.open = true;
      failures = 0;
      const told = JSON.parse(data);
      if (told.heard) heard(told.heard);
      take(told.messages);
    };
    socket.onclose = ({ code }) => {
      socket = null;
      line.open = false;
      if (code !== MADE_ROOM) again();
    };
  }

  document.addEventListener("visibilitychange", () => { document.hidden ? socket?.close() : connect(); });
  window.addEventListener("online", connect);
  connect();
  return line;
}
