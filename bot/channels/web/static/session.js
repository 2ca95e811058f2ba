// Who is speaking: the page's own cookie, or, inside a bank's app or menu page, a session made from the token that the
// host signed and passed in the address (#token=...). The host's cookies may be out of reach there, so it goes by header.

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
