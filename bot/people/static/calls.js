// Calls of the hotline: search them, read one. Everything shown comes in as text, never as markup.

import { attempt, byId, call, element } from "./staff.js";

const OUTCOME = { open: "还在说", hung_up: "对方挂了", farewell: "办完了", transferred: "转给人了", lost: "断了" };
const BY = { voice: "说话：", keys: "按键：", silence: "没说话" };
let current = null;

function clock(moment) {
  return new Date(moment).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai" });
}

function length(found) {
  if (!found.ended) return "";
  const seconds = Math.max(0, Math.round((new Date(found.ended) - new Date(found.began)) / 1000));
  return `${Math.floor(seconds / 60)}分${seconds % 60}秒`;
}

function number(found) {
  return found.tail ? `尾号${found.tail}` : "没有号码";
}

// Days are those of the calendar in China; the last one counts whole.
function wanted(data) {
  const asked = new URLSearchParams();
  for (const [name, value] of data) {
    if (!value) continue;
    const day = new Date(`${value}T00:00:00+08:00`);
    if (name === "until") day.setDate(day.getDate() + 1);
    asked.set(name, name === "since" || name === "until" ? day.toISOString() : value);
  }
  return asked;
}

async function find() {
  const { calls } = await call(`calls?${wanted(new FormData(byId("calls-wanted")))}`);
  byId("calls-count").textContent = calls.length ? `${calls.length}通` : "没有这样的电话。";
  byId("calls-found").hidden = calls.length === 0;
  byId("calls-found").tBodies[0].replaceChildren(...calls.map((found) => {
    const open = element("button", { type: "button", textContent: clock(found.began) });
    const row = element("tr", {}, element("td", {}, open));
    row.append(...[length(found), number(found), OUTCOME[found.outcome], String(found.turn_count)].map((text) => element("td", { textContent: text })));
    row.setAttribute("aria-current", String(found.id === current));
    open.addEventListener("click", () => attempt(() => show(found.id, row)));
    return row;
  }));
}

async function show(id, row) {
  const found = await call(`calls/${encodeURIComponent(id)}`);
  current = id;
  for (const other of byId("calls-found").tBodies[0].rows) other.setAttribute("aria-current", String(other === row));
  byId("call-title").textContent = `${clock(found.began)} · ${number(found)} · ${OUTCOME[found.outcome]}`;
  const said = found.turns.map((turn) => {
    const at = turn.speech_end_ms ?? turn.answered_ms;
    const when = at === null ? "" : `第${Math.round(at / 1000)}秒`;
    return element("li", {}, `${BY[turn.by]} ${turn.said ?? ""}`, element("time", { textContent: when + (turn.interrupted ? "，打断了" : "") }));
  });
  const gone = found.turn_count > found.turns.length ? [element("li", { textContent: "说的话过了七天，已经删了。" })] : [];
  byId("call-said").replaceChildren(...said, ...gone);
  byId("call").hidden = false;
  byId("call").scrollIntoView({ block: "nearest" });
}

function turnTo(shown) {
  byId("calls").hidden = !shown;
  byId("show-calls").setAttribute("aria-expanded", String(shown));
  if (shown) byId("talk").hidden = true;
}

byId("show-calls").addEventListener("click", () => attempt(async () => { byId("desk").dispatchEvent(new Event("calls")); turnTo(true); await find(); }));
byId("desk").addEventListener("talk", () => turnTo(false));
byId("calls-wanted").addEventListener("submit", (event) => { event.preventDefault(); attempt(find); });
