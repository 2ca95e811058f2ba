// The page: what was said before, what is said now, and what waits for a signal.
import { Outbox, newId } from "./outbox.js";
import { Recorder, canRecord } from "./recorder.js";
import { element, icon, ratingNode, replyNode } from "./replies.js";
import { call, listenForLetters, startSession } from "./session.js";
import { hush, play } from "./sound.js";

const byId = (id) => document.getElementById(id);
const talk = byId("talk"), status = byId("status"), input = byId("text");
const hold = byId("hold"), holdLabel = document.querySelector("#hold-label span"), level = byId("level");
const voiceSwitch = byId("voice-switch");
const RATED = new Set(["answer", "fraud", "refuse"]);
const SLOW_MS = 8_000;
const RETRY_MS = [2_000, 5_000, 15_000, 30_000];
const WITH_STAFF_MS = 3_000, QUIET_MS = 20_000, WITH_SOCKET_MS = 120_000;
const place = byId("place");
const outbox = new Outbox();
const mine = new Map(); // id of a message on its way -> its bubble
let sending = false;
let failures = 0;
let withStaff = false;

/** What goes on, below the talk; a line more of it does not hide what was said last. */
function tell(text) {
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  status.textContent = text;
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

function remembered(name) { try { return localStorage.getItem(name); } catch { return null; } }
function remember(name, value) { try { localStorage.setItem(name, value); } catch { /* private mode */ } }

// ---- what is shown ---------------------------------------------------------------------------------------

function show(node, block = "end") {
  talk.append(node);
  node.scrollIntoView({ block });
  return node;
}

const showMine = (text) => show(element("div", { className: "said mine", textContent: text }));
const showTrouble = (text) => show(element("div", { className: "said theirs trouble", textContent: text }));
const listen = (path) => play([path], tell);

function setAloud(on) {
  voiceSwitch.setAttribute("aria-pressed", String(on));
  voiceSwitch.querySelector("span").textContent = `念给我听：${on ? "开" : "关"}`;
  remember("aloud", on ? "1" : "");
  if (!on) { hush(); tell(""); }
}

const aloud = () => voiceSwitch.getAttribute("aria-pressed") === "true";
voiceSwitch.addEventListener("click", () => setAloud(!aloud()));

place.addEventListener("change", () => {
  remember("place", place.value);
  const name = place.selectedOptions[0].textContent;
  tell(place.value ? `记住了，您在${name}。问政策、问种地，我就按${name}的来说。` : "");
});

function showReplies(replies) {
  for (const button of talk.querySelectorAll("ol button")) button.disabled = true; // old options no longer count
  return replies.map((reply) => show(replyNode(reply, (key, title) => say(key, title), listen)));
}

function showTurn(turn, spoken) {
  const nodes = showReplies(turn.replies);
  const rated = turn.replies.findIndex((reply) => RATED.has(reply.kind));
  if (rated >= 0) nodes[rated].append(ratingNode((useful, reason) => rate(turn.turn_id, useful, reason)));
  if (turn.replies.some((reply) => ["handoff", "relayed", "staff"].includes(reply.kind))) withStaff = true;
  const [first] = nodes;
  first?.scrollIntoView({ block: "nearest" });
  if (first && first.offsetHeight > talk.clientHeight / 2) first.scrollIntoView({ block: "start" }); // read from its top
  if (spoken || aloud()) play(turn.replies.map((reply) => reply.audio), tell);
}

async function rate(turnId, useful, reason = null) {
  const body = JSON.stringify({ turn_id: turnId, useful, reason });
  const response = await call("/chat/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const told = useful ? "谢谢您告诉我。" : reason ? "记下了，请人改。" : "对不住。哪里不好？您点一下。";
  tell(response.ok ? told : "没记上，请再按一次。");
  return response.ok;
}

// ---- what is sent: in order, each once, again when the line is back --------------------------------------

function post(message) {
  if (message.audio) {
    const form = new FormData();
    form.append("message_id", message.id);
    if (place.value) form.append("region", place.value);
    form.append("audio", message.audio, "speech");
    return call("/chat/turns", { method: "POST", body: form });
  }
  const body = JSON.stringify({ text: message.text, message_id: message.id, region: place.value || null });
  return call("/chat/turns", { method: "POST", headers: { "Content-Type": "application/json" }, body });
}

/** What was heard in a message, shown as soon as it is known: before its answer, where a socket stands. */
function showHeard({ message_id: id, text }) {
  const bubble = mine.get(id);
  if (!bubble) return;
  bubble.classList.remove("waiting");
  bubble.replaceChildren(icon("microphone"), text);
  tell("听清了，正在想……");
}

async function sendOne(message) {
  tell(message.audio ? "正在听您说的话……" : "正在想……");
  const slow = setTimeout(() => tell("还在办，请您稍等……"), SLOW_MS);
  let response, body;
  try {
    response = await post(message);
    body = await response.json(); // a line that breaks here is tried again
  } finally { clearTimeout(slow); }
  await outbox.remove(message);
  if (response.ok && body.heard) showHeard({ message_id: message.id, text: body.heard.text });
  tell("");
  mine.get(message.id)?.classList.remove("waiting");
  mine.delete(message.id);
  if (!response.ok) {
    showTrouble(body.error?.message ?? "刚才没办成，请再说一遍。");
    return;
  }
  showTurn(body, Boolean(message.audio));
}

async function flush() {
  if (sending) return;
  sending = true;
  try {
    for (let waiting = await outbox.all(); waiting.length; waiting = await outbox.all()) {
      await sendOne(waiting[0]);
      failures = 0;
    }
  } catch {
    tell("没有信号。您的话我替您存着，一有信号就发出去。");
    setTimeout(flush, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
  } finally {
    sending = false;
  }
}

async function put(message, bubble) {
  if (bubble) {
    bubble.classList.add("waiting");
    bubble.scrollIntoView({ block: "end" }); // a line longer now
    mine.set(message.id, bubble);
  }
  await outbox.add(message);
  flush();
}

const say = (text, shown = text) => put({ id: newId(), text }, showMine(shown));
const sendRecording = (audio) => put({ id: newId(), audio }, showMine("……"));

byId("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  input.value = "";
  say(text);
});
window.addEventListener("online", flush);

// ---- hold to talk ----------------------------------------------------------------------------------------

function setUpMicrophone() {
  const recorder = new Recorder((value) => { level.style.width = `${Math.round(value * 100)}%`; });
  const start = async (event) => {
    if (recorder.active || (event.type === "keydown" && (event.repeat || (event.key !== " " && event.key !== "Enter")))) return;
    event.preventDefault();
    hush();
    try {
      await recorder.start();
      hold.classList.add("recording");
      holdLabel.textContent = "正在听，说完松手";
    } catch {
      tell("用不了话筒。请在浏览器里允许用话筒，或者打字。");
      byId("upload").hidden = false;
    }
  };
  const stop = async (event) => {
    if (!recorder.wanted || (event.type === "keyup" && event.key !== " " && event.key !== "Enter")) return;
    const blob = await recorder.stop();
    hold.classList.remove("recording");
    holdLabel.textContent = "按住说话";
    if (blob) sendRecording(blob);
    else tell("太短了，请按住，说完再松手。");
  };
  for (const name of ["pointerdown", "keydown"]) hold.addEventListener(name, start);
  for (const name of ["pointerup", "pointercancel", "keyup"]) hold.addEventListener(name, stop);
  hold.addEventListener("pointerdown", (event) => hold.setPointerCapture(event.pointerId));
  hold.addEventListener("contextmenu", (event) => event.preventDefault());
}

byId("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) sendRecording(file);
  event.target.value = "";
});

// ---- what comes unasked: an employee's answer, news ------------------------------------------------------

let lastLetter = Number(remembered("letter") ?? 0);

function showLetters(letters) {
  for (const { id, reply } of letters) {
    if (id <= lastLetter) continue; // told on both ways
    lastLetter = id;
    remember("letter", id);
    show(replyNode(reply, say, listen));
    if (aloud()) play([reply.audio], tell);
    withStaff = true;
  }
}

/** Asks again and again where no socket stands, and now and then where one seems to. */
async function fetchLetters(line, asked = 0) {
  if (!document.hidden && (!line.open || Date.now() - asked >= WITH_SOCKET_MS)) {
    asked = Date.now();
    try {
      const response = await call(`/chat/messages?after=${lastLetter}`);
      if (response.ok) showLetters((await response.json()).messages);
    } catch { /* no signal: the next time */ }
  }
  setTimeout(() => fetchLetters(line, asked), withStaff ? WITH_STAFF_MS : QUIET_MS);
}

// ---- the beginning ---------------------------------------------------------------------------------------

async function showHistory() {
  const response = await call("/chat/history");
  if (!response.ok) return false;
  const { turns } = await response.json();
  for (const turn of turns) {
    if (turn.said) showMine(turn.said);
    if (turn.letter) {
      show(replyNode(turn.replies[0], say, listen)); // it answers no question: those before it stay open
      lastLetter = Math.max(lastLetter, turn.letter);
    } else showReplies(turn.replies);
  }
  remember("letter", lastLetter);
  return turns.length > 0;
}

async function begin() {
  setAloud(remembered("aloud") === "1");
  place.value = remembered("place") ?? "";
  if (canRecord()) setUpMicrophone();
  else { hold.hidden = true; byId("upload").hidden = false; }
  navigator.serviceWorker?.register("/sw.js").catch(() => {}); // without it the page works, only not without a signal
  await outbox.open();
  let known = false;
  try {
    await startSession();
    known = await showHistory();
  } catch (error) {
    if (error.spokenText) { showTrouble(error.spokenText); return; }
  }
  for (const message of await outbox.all()) {
    const bubble = showMine(message.text ?? "……");
    bubble.classList.add("waiting");
    mine.set(message.id, bubble);
  }
  if (known || mine.size) flush();
  else put({ id: newId(), text: "你好" });
  fetchLetters(listenForLetters(() => lastLetter, showLetters, showHeard));
}

begin();
