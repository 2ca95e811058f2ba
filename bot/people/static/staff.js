// The staff console: a queue, one conversation, an answer box. Everything shown comes in as text, never as markup.

export const byId = (id) => document.getElementById(id);
const REFRESH_MS = 3000;
const CHANNELS = { web: "网页", telegram: "Telegram", wechat: "微信", wecom: "企业微信", hotline: "电话" };
let current = null;
let me = null;
let follows = true; // the newest words stay in sight until somebody scrolls back

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export async function call(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/staff/api/${path}`, options);
  const answer = await response.json();
  if (response.status === 401 && path !== "login") showLogin();
  if (!response.ok) throw new Error(answer.error?.message ?? "没办成，请再试一次。");
  return answer;
}

export async function attempt(work) {
  try {
    await work();
    byId("trouble").textContent = "";
  } catch (error) {
    byId("trouble").textContent = error instanceof TypeError ? "网络断了，连上以后会自动接着来。" : error.message;
  }
}

function showLogin() {
  me = null;
  byId("login").hidden = false;
  byId("desk").hidden = true;
}

function waited(since) {
  const minutes = Math.floor((Date.now() - new Date(since)) / 60000);
  return minutes < 60 ? `${minutes}分钟` : `${Math.floor(minutes / 60)}小时${minutes % 60}分`;
}

async function refreshQueue() {
  const { name, talks } = await call("queue");
  me = name;
  byId("login").hidden = true;
  byId("desk").hidden = false;
  byId("me").textContent = name;
  byId("count").textContent = `（${talks.filter((talk) => talk.state === "waiting").length}）`;
  byId("queue").replaceChildren(...talks.map((talk) => {
    const label = `${talk.who} · ${CHANNELS[talk.channel] ?? talk.channel} · 等了${waited(talk.opened_at)}`;
    const state = element("div", { className: "held", textContent: talk.state === "held" ? `${talk.holder} 在接` : "没人接" });
    const button = element("button", { type: "button" }, label, state);
    button.setAttribute("aria-current", String(talk.number === current));
    button.addEventListener("click", () => { current = talk.number; follows = true; byId("desk").dispatchEvent(new Event("talk")); attempt(refresh); });
    return element("li", {}, button);
  }));
}

function item(who, text, at) {
  return element("li", { className: who }, text, element("time", { textContent: new Date(at).toLocaleString("zh-CN") }));
}

async function refreshTalk() {
  const { talk, summary, turns, lines } = await call(`talks/${current}`);
  byId("talk").hidden = false;
  byId("who").textContent = `${talk.who}（${CHANNELS[talk.channel] ?? talk.channel}），登记号 ${talk.number}`;
  byId("summary").textContent = summary;
  const before = turns.filter((turn) => !lines.some((line) => line.who === "user" && line.text === turn.user))
    .flatMap((turn) => [item("user", (turn.voice ? "🎤 " : "") + turn.user, turn.at), ...turn.replies.map((reply) => item("bot", reply, turn.at))]);
  byId("take").hidden = talk.state !== "waiting";
  byId("answer").hidden = talk.holder !== me;
  const said = byId("said");
  const all = [...before, ...lines.map((line) => item(line.who, line.text, line.at))];
  const place = said.scrollTop;
  const known = said.childElementCount;
  said.replaceChildren(...all);
  if (follows) showNewest();
  else { said.scrollTop = place; if (all.length > known) byId("newer").hidden = false; }
}

function showNewest() {
  const said = byId("said");
  said.scrollTop = said.scrollHeight;
  follows = true;
  byId("newer").hidden = true;
}

async function refresh() {
  await refreshQueue();
  if (current) {
    try { await refreshTalk(); } catch (error) { current = null; byId("talk").hidden = true; throw error; }
  }
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(event.target);
  try {
    await call("login", { name: data.get("name"), password: data.get("password") });
    event.target.reset();
    byId("login-trouble").textContent = "";
    await refresh();
  } catch (error) {
    byId("login-trouble").textContent = error.message;
  }
});
byId("said").addEventListener("scroll", () => {
  const said = byId("said");
  follows = said.scrollHeight - said.scrollTop - said.clientHeight < 60;
  if (follows) byId("newer").hidden = true;
});
byId("newer").addEventListener("click", showNewest);
byId("desk").addEventListener("calls", () => { current = null; });
byId("logout").addEventListener("click", () => attempt(async () => { await call("logout", {}); showLogin(); }));
byId("take").addEventListener("click", () => attempt(async () => { await call(`talks/${current}/take`, {}); await refresh(); byId("text").focus(); }));
byId("close").addEventListener("click", () => attempt(async () => { await call(`talks/${current}/close`, {}); current = null; byId("talk").hidden = true; await refresh(); }));
byId("answer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (!text) return;
  attempt(async () => { await call(`talks/${current}/say`, { text }); byId("text").value = ""; follows = true; await refresh(); });
});

async function keepFresh() {
  if (me !== null && !document.hidden) await attempt(refresh);
  setTimeout(keepFresh, REFRESH_MS);
}
refresh().catch(() => showLogin()).finally(keepFresh);
