/** The button, and the panel with the frame. */

const LABELS = {
  en: ["Open the chat", "Close the chat", "{n} new"],
  ko: ["채팅 열기", "채팅 닫기", "새 답변 {n}개"],
  de: ["Chat öffnen", "Chat schließen", "{n} neu"],
};
const spoken = (navigator.languages ?? [navigator.language]).map((language) => String(language).toLowerCase().split("-")[0]);
const [OPEN, CLOSE, NEW] = LABELS[spoken.find((code) => Object.hasOwn(LABELS, code)) ?? "en"];

const SVG = "http://www.w3.org/2000/svg";
const TALK = "M5 4.5h14A2.5 2.5 0 0 1 21.5 7v7a2.5 2.5 0 0 1-2.5 2.5h-6.5L7.5 20.5v-4H5A2.5 2.5 0 0 1 2.5 14V7A2.5 2.5 0 0 1 5 4.5zM7.5 9h9M7.5 12h5.5";
const CROSS = "m6.5 6.5 11 11m0-11-11 11";

const make = (name, properties) => Object.assign(document.createElement(name), properties);
const drawing = (name, d) => {
  const [svg, path] = [document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "path")];
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name);
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
};

const host = make("parley-chat");
const root = host.attachShadow({ mode: "open" });
const style = new CSSStyleSheet();
const panel = make("div", { className: "panel", hidden: true });
const bubble = make("button", { className: "bubble", type: "button" });
const news = make("span", { className: "news", hidden: true });
const frame = make("iframe", { title: "Chat", allow: "clipboard-write", referrerPolicy: "no-referrer" });

style.replaceSync(STYLE);
root.adoptedStyleSheets = [style];
bubble.append(drawing("talk", TALK), drawing("cross", CROSS), news);
root.append(panel, bubble);

const isOpen = () => !panel.hidden;
const hasFocus = () => document.activeElement === host;

/** Shows whether the chat is open, and how many answers came while it was closed. */
const label = () => {
  bubble.setAttribute("aria-expanded", isOpen());
  bubble.setAttribute("aria-label", isOpen() ? CLOSE : unread ? `${OPEN}, ${NEW.replace("{n}", unread)}` : OPEN);
  news.hidden = !unread;
  news.textContent = unread > 9 ? "9+" : unread;
};

/**
 * Beside the body, which Turbo, Astro and others replace: a frame that is moved would load again. Comes back when
 * the page is replaced as a whole; with a pause, so that two such scripts never block the page.
 */
const appear = () => {
  if (!host.isConnected) document.documentElement.append(host);
  host.dir = getComputedStyle(document.body).direction;
  watcher.observe(document, { childList: true });
  watcher.observe(document.documentElement, { childList: true });
};
const watcher = new MutationObserver(() => requestAnimationFrame(() => document.body && appear()));
