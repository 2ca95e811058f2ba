// Shows replies. All texts from outside go in as text, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  picture.append(use);
  return picture;
}

function sourceLine(source) {
  const label = [source.title, source.date].filter(Boolean).join("，");
  const safe = source.url && /^https?:\/\//.test(source.url);
  const text = safe
    ? element("a", { href: source.url, target: "_blank", rel: "noopener noreferrer", textContent: label })
    : label;
  return element("li", {}, text);
}

// Entries are written in a little Markdown: headings, lists, bold. Anything else is shown as it stands: steps keep
// their numbers.
function lines(text) {
  const nodes = [];
  let list = null;
  for (const line of text.split("\n")) {
    const item = /^\s*[-*]\s+(.*)/.exec(line);
    const heading = /^#{1,6}\s+(.*)/.exec(line) ?? /^【(.*)】$/.exec(line);
    const words = (item?.[1] ?? heading?.[1] ?? line).replace(/\*\*([^*]+)\*\*/g, "$1"); // not the stars of 138****5678
    if (item && !list) nodes.push(list = element("ul"));
    if (item) list.append(element("li", { textContent: words }));
    else list = null;
    if (heading) nodes.push(element("h2", { textContent: words }));
    else if (!item && words.trim()) nodes.push(element("p", { textContent: words }));
  }
  return nodes;
}

function link(reply) {
  const own = reply.link?.startsWith("/export/");
  if (!reply.link || !(own || /^https?:\/\//.test(reply.link))) return [];
  const textContent = own ? "打开我的记录" : "打开银行确认页";
  return [element("a", { className: "pay", href: reply.link, target: "_blank", rel: "noopener", textContent })];
}

// The address of a page that has a button of its own need not be read.
function words(reply) {
  if (!link(reply).length) return reply.text;
  return reply.text.split("\n").filter((line) => !line.includes(reply.link)).join("\n");
}

/** A reply as a node. `press(key, title)` is called for an option, `listen(path)` for its sound. */
export function replyNode(reply, press, listen) {
  const box = element("div", { className: `said theirs ${reply.kind ?? ""}` }, ...lines(words(reply)), ...link(reply));
  if (reply.image?.startsWith("/media/")) {
    const picture = element("img", { className: "picture", src: reply.image, alt: reply.image_alt ?? "", loading: "lazy" });
    box.append(element("a", { href: reply.image, target: "_blank", rel: "noopener" }, picture));
  }
  if (reply.options.length) {
    const list = element("ol");
    for (const option of reply.options) {
      const button = element("button", { type: "button", textContent: `${option.key}. ${option.title}` });
      button.addEventListener("click", () => press(option.key, option.title));
      list.append(element("li", {}, button));
    }
    box.append(list);
  }
  if (reply.sources.length) {
    const list = element("ul", {}, ...reply.sources.map(sourceLine));
    box.append(element("details", {}, element("summary", { textContent: "这话从哪儿来" }), list));
  }
  if (reply.audio) {
    const button = element("button", { type: "button", className: "listen" }, icon("speaker"), "听一听");
    button.addEventListener("click", () => listen(reply.audio));
    box.append(element("div", {}, button));
  }
  return box;
}

const REASONS = { misunderstood: "没听懂我的话", wrong: "说得不对", hard: "太难懂", partial: "没说全" };

function choices(words, pressed) {
  const box = element("div", { className: "rating" });
  for (const [value, text, picture] of words) {
    const button = element("button", { type: "button" }, ...(picture ? [icon(picture)] : []), text);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", async () => {
      if (!await pressed(value, box)) return;
      for (const other of box.children) other.setAttribute("aria-pressed", String(other === button));
    });
    box.append(button);
  }
  return box;
}

/** 有用 and 没用 below an answer, then why not; `rate(useful, reason)` resolves to whether it is recorded. */
export function ratingNode(rate) {
  const why = choices(Object.entries(REASONS), (reason) => rate(false, reason));
  why.setAttribute("role", "group");
  why.setAttribute("aria-label", "哪里不好");
  const first = choices([[true, "有用", "up"], [false, "没用", "down"]], async (useful) => {
    const kept = await rate(useful);
    if (kept) why.hidden = useful;
    if (kept && !useful) why.scrollIntoView({ block: "nearest" });
    return kept;
  });
  why.hidden = true;
  return element("div", {}, first, why);
}
