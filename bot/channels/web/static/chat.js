// The page: shows the talk, sends text and recordings, plays replies. All texts from outside go in as text, never as HTML.
import { Recorder, canRecord } from "./recorder.js";

const byId = (id) => document.getElementById(id);
const talk = byId("talk"), status = byId("status"), input = byId("text");
const hold = byId("hold"), holdLabel = document.querySelector("#hold-label span"), level = byId("level");
const voiceSwitch = byId("voice-switch");
const SVG = "http://www.w3.org/2000/svg";
const player = new Audio();
let busy = false;

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  picture.append(use);
  return picture;
}

function show(node, block = "end") {
  talk.append(node);
  node.scrollIntoView({ block });
  return node;
}

const showMine = (text) => show(element("div", { className: "said mine", textContent: text }));
const showTrouble = (text) => show(element("div", { className: "said theirs trouble", textContent: text }));

// ---- sound: sentence by sentence, the next one fetched while one is heard -----------------------------------

let reading = 0; // each reading aloud has a number; a newer one ends the older

async function fetchPart(path, number) {
  const response = await fetch(path.replace(/\.ogg$/, `/${number}.ogg`));
  if (response.status === 404) return null;
  if (!response.ok) throw new Error("no sound");
  return URL.createObjectURL(await response.blob());
}

function playOnce(url) {
  return new Promise((resolve, reject) => {
    player.onended = resolve;
    player.onpause = resolve;
    player.onerror = reject;
    player.src = url;
    player.play().catch(reject);
  }).finally(() => URL.revokeObjectURL(url));
}

async function play(paths) {
  const mine = ++reading;
  player.pause();
  status.textContent = "正在念……";
  try {
    for (const path of paths.filter(Boolean)) {
      let next = fetchPart(path, 0);
      for (let number = 1; ; number += 1) {
        const url = await next;
        if (url === null || mine !== reading) break;
        next = fetchPart(path, number);
        next.catch(() => {}); // seen when its turn comes
        await playOnce(url);
      }
      if (mine !== reading) return;
    }
    status.textContent = "";
  } catch {
    if (mine === reading) status.textContent = "声音放不出来，请看文字，或者点“听一听”再试。";
  }
}

function hush() {
  reading += 1;
  player.pause();
  status.textContent = "";
}

function setAloud(on) {
  voiceSwitch.setAttribute("aria-pressed", String(on));
  voiceSwitch.querySelector("span").textContent = `念给我听：${on ? "开" : "关"}`;
  try { localStorage.setItem("aloud", on ? "1" : ""); } catch { /* private mode: not remembered */ }
  if (!on) hush();
}

const aloud = () => voiceSwitch.getAttribute("aria-pressed") === "true";
voiceSwitch.addEventListener("click", () => setAloud(!aloud()));

// ---- replies ---------------------------------------------------------------------------------------------

function sourceLine(source) {
  const label = [source.title, source.date].filter(Boolean).join("，");
  const safe = source.url && /^https?:\/\//.test(source.url);
  const text = safe
    ? element("a", { href: source.url, target: "_blank", rel: "noopener noreferrer", textContent: label })
    : label;
  return element("li", {}, text);
}

// Entries are written in a little Markdown: headings, lists, bold. Anything else is shown as it stands.
function lines(text) {
  const nodes = [];
  let list = null;
  for (const line of text.split("\n")) {
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)/.exec(line);
    const heading = /^#{1,6}\s+(.*)/.exec(line) ?? /^【(.*)】$/.exec(line);
    const words = (item?.[1] ?? heading?.[1] ?? line).replaceAll("**", "");
    if (item && !list) nodes.push(list = element("ul"));
    if (item) list.append(element("li", { textContent: words }));
    else list = null;
    if (heading) nodes.push(element("h2", { textContent: words }));
    else if (!item && words.trim()) nodes.push(element("p", { textContent: words }));
  }
  return nodes;
}

function showReply(reply) {
  const box = element("div", { className: `said theirs ${reply.kind ?? ""}` }, ...lines(reply.text));
  if (reply.image && reply.image.startsWith("/media/")) {
    const picture = element("img", { className: "picture", src: reply.image, alt: reply.image_alt ?? "", loading: "lazy" });
    box.append(element("a", { href: reply.image, target: "_blank", rel: "noopener" }, picture));
  }
  if (reply.link && /^https?:\/\//.test(reply.link)) {
    box.append(element("a", { className: "pay", href: reply.link, target: "_blank", rel: "noopener", textContent: "打开银行确认页" }));
  }
  if (reply.options.length) {
    const list = element("ol");
    for (const option of reply.options) {
      const button = element("button", { type: "button", textContent: `${option.key}. ${option.title}` });
      button.addEventListener("click", () => say(option.key, option.title));
      list.append(element("li", {}, button));
    }
    box.append(list);
  }
  if (reply.sources.length) {
    const list = element("ul", {}, ...reply.sources.map(sourceLine));
    box.append(element("details", {}, element("summary", { textContent: "这话从哪儿来" }), list));
  }
  if (reply.audio) {
    const listen = element("button", { type: "button", className: "listen" }, icon("speaker"), "听一听");
    listen.addEventListener("click", () => play([reply.audio]));
    box.append(element("div", {}, listen));
  }
  return show(box);
}

function showTurn(turn, spoken) {
  for (const button of talk.querySelectorAll("ol button")) button.disabled = true; // old options no longer count
  const [first] = turn.replies.map(showReply);
  first?.scrollIntoView({ block: "nearest" });
  if (first && first.offsetHeight > talk.clientHeight / 2) first.scrollIntoView({ block: "start" }); // read from its top
  if (spoken || aloud()) play(turn.replies.map((reply) => reply.audio));
}

// ---- turns -----------------------------------------------------------------------------------------------

async function send(build, spoken, mine) {
  if (busy) return;
  busy = true;
  status.textContent = spoken ? "正在听您说的话……" : "正在想……";
  try {
    const response = await fetch("/chat/turns", { method: "POST", ...build() });
    const body = await response.json();
    if (!response.ok) throw Object.assign(new Error("refused"), { spokenText: body.error?.message });
    if (body.heard && mine) mine.replaceChildren(icon("microphone"), body.heard.text);
    status.textContent = "";
    showTurn(body, spoken);
  } catch (error) {
    status.textContent = "";
    showTrouble(error.spokenText ?? "没连上，您这句话还没送到。请看看有没有信号，再发一次。");
  } finally {
    busy = false;
  }
}

function say(text, shown = text) {
  if (busy) return;
  showMine(shown);
  const body = JSON.stringify({ text, message_id: crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now() });
  send(() => ({ headers: { "Content-Type": "application/json" }, body }), false);
}

function sendRecording(blob) {
  const mine = showMine("……");
  const form = new FormData();
  form.append("audio", blob, "speech");
  send(() => ({ body: form }), true, mine);
}

byId("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text || busy) return;
  input.value = "";
  say(text);
});

// ---- hold to talk ----------------------------------------------------------------------------------------

function setUpMicrophone() {
  const recorder = new Recorder((value) => { level.style.width = `${Math.round(value * 100)}%`; });
  const start = async (event) => {
    if (busy || recorder.active || (event.type === "keydown" && (event.repeat || (event.key !== " " && event.key !== "Enter")))) return;
    event.preventDefault();
    hush();
    try {
      await recorder.start();
      hold.classList.add("recording");
      holdLabel.textContent = "正在听，说完松手";
    } catch {
      status.textContent = "用不了话筒。请在浏览器里允许用话筒，或者打字。";
      byId("upload").hidden = false;
    }
  };
  const stop = async (event) => {
    if (!recorder.wanted || (event.type === "keyup" && event.key !== " " && event.key !== "Enter")) return;
    const blob = await recorder.stop();
    hold.classList.remove("recording");
    holdLabel.textContent = "按住说话";
    if (blob) sendRecording(blob);
    else status.textContent = "太短了，请按住，说完再松手。";
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

if (canRecord()) setUpMicrophone();
else { hold.hidden = true; byId("upload").hidden = false; }
try { setAloud(localStorage.getItem("aloud") === "1"); } catch { setAloud(false); }
send(() => ({ headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: "你好" }) }), false);
