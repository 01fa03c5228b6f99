/** The button, and the panel with the frame. */

const LABELS = {
  en: ["Open the chat", "Close the chat", "{n} new", "Dismiss"],
  ko: ["채팅 열기", "채팅 닫기", "새 답변 {n}개", "닫기"],
  de: ["Chat öffnen", "Chat schließen", "{n} neu", "Ausblenden"],
};
const spoken = (navigator.languages ?? [navigator.language]).map((language) => String(language).toLowerCase().split("-")[0]);
const [OPEN, CLOSE, NEW, DISMISS] = LABELS[spoken.find((code) => Object.hasOwn(LABELS, code)) ?? "en"];

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
const face = make("span", { className: "face" });
const title = make("span", { className: "title", dir: "auto", hidden: true });
const news = make("span", { className: "news", hidden: true });
const greeting = make("div", { className: "greeting", hidden: true });
const words = make("button", { className: "words", type: "button", dir: "auto" });
const dismiss = make("button", { className: "dismiss", type: "button" });
const frame = make("iframe", { title: "Chat", allow: "clipboard-write", referrerPolicy: "no-referrer" });

style.replaceSync(STYLE);
root.adoptedStyleSheets = [style];
dismiss.setAttribute("aria-label", DISMISS);
dismiss.append(drawing("cross", CROSS));
greeting.append(words, dismiss);
bubble.append(face, drawing("cross", CROSS), title, news);
root.append(panel, greeting, bubble);

const isOpen = () => !panel.hidden;
const hasFocus = () => document.activeElement === host;

/** Whether the frame has said anything: a chat that cannot be loaded has no button of its own to close it. */
let isAlive = false;

/** Shows whether the chat is open, and how many answers came while it was closed. */
const label = () => {
  const name = look.title ?? OPEN;
  bubble.setAttribute("aria-expanded", isOpen());
  bubble.setAttribute("aria-label", isOpen() ? CLOSE : unread ? `${name}, ${NEW.replace("{n}", unread)}` : name);
  bubble.hidden = Boolean(look.hidden?.yes) && !(isOpen() && !isAlive);
  bubble.toggleAttribute("data-alive", isAlive);
  news.hidden = !unread;
  news.textContent = unread > 9 ? "9+" : unread;
  greeting.hidden = !look.greeting || isOpen() || bubble.hidden || greeted;
  remember();
};

/**
 * Beside the body, which Turbo, Astro and others replace: a frame that is moved would load again. Comes back when
 * the page is replaced as a whole; with a pause, so that two such scripts never block the page.
 */
const appear = () => {
  if (!host.isConnected) document.documentElement.append(host);
  place();
  watcher.observe(document, { childList: true });
  watcher.observe(document.documentElement, { childList: true });
};
const watcher = new MutationObserver(() => requestAnimationFrame(() => document.body && appear()));
