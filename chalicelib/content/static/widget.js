/**
 * Adds a button that opens the chat to any web page: <script src="https://…/widget.js" data-config="…" async></script>
 * The chat is in an iframe of the bot's origin: neither it nor the page around it can read the other.
 * `data-visitor` is a token by which the page says who its visitor is; without it, and after it is removed, the visitor is anonymous.
 */
(() => {
  /** A page may run this script again, as Turbo does with each visit: one button is enough. */
  const RUNS = Symbol.for("parley.widget");

  /** This script's address, from the stack: in a module there is no `currentScript`, and perhaps no tag. */
  const own = () => new Error().stack?.match(/https?:\/\/[^\s)@]+\/widget\.js(?:\?[^\s):]*)?/)?.[0];
  const src = document.currentScript?.src || own();
  const tag = document.currentScript ?? [...document.scripts].find((script) => script.src === src);
  const given = (name) => tag?.dataset[name] || (src && new URL(src).searchParams.get(name));
  const [config, room] = [given("config"), given("room")];
  if (window[RUNS]) return window[RUNS](tag, config);
  if (!config) {
    return console.error('Parley: which chat? Give the script data-config="…", or its src ?config=… (scripts/parley keys show).');
  }

  const ASK_AGAIN = 60_000;
  const LABELS = { en: ["Open the chat", "Close the chat"], ko: ["채팅 열기", "채팅 닫기"], de: ["Chat öffnen", "Chat schließen"] };
  const spoken = (navigator.languages ?? [navigator.language]).map((language) => String(language).toLowerCase().split("-")[0]);
  const [OPEN, CLOSE] = LABELS[spoken.find((code) => Object.hasOwn(LABELS, code)) ?? "en"];

  /** The token of the visitor; null for an anonymous one. */
  let visitor = null;
  /** Whether a tag has named a visitor, so that the next page's tag without one means that they have left. */
  let named = false;
  let isRefused = false;
  let askedAt = -Infinity;

  const address = new URL("chat", src);
  const chat = () => {
    address.search = new URLSearchParams({ config, ...(room && { room }), widget: visitor ? "signed" : "" });
    return address.href;
  };

  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; }
    .bubble { position: fixed; bottom: calc(20px + env(safe-area-inset-bottom)); inset-inline-end: 20px; display: grid; place-items: center; width: 60px; height: 60px; padding: 0; border: 0; border-radius: 50%; background: linear-gradient(145deg, #8f7bff, #5443d6 55%, #3b6fe0); color: #fff; box-shadow: 0 2px 6px rgb(30 20 80 / 25%), 0 10px 30px rgb(30 20 80 / 30%); cursor: pointer; -webkit-tap-highlight-color: transparent; }
    .bubble:focus-visible { outline: 3px solid #fff; outline-offset: -6px; }
    .bubble svg { width: 28px; height: 28px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .bubble[aria-expanded="true"] .talk, .bubble[aria-expanded="false"] .cross { display: none; }
    .bubble[data-news]::after { content: ""; position: absolute; top: 2px; inset-inline-end: 2px; width: 14px; height: 14px; border: 2px solid #fff; border-radius: 50%; background: #e5484d; }
    .panel { position: fixed; bottom: calc(94px + env(safe-area-inset-bottom)); inset-inline-end: 20px; width: min(400px, calc(100vw - 40px)); height: min(660px, calc(100dvh - 124px)); overflow: hidden; border: 1px solid rgb(120 110 160 / 25%); border-radius: 22px; box-shadow: 0 4px 12px rgb(30 20 80 / 12%), 0 20px 60px rgb(30 20 80 / 25%); }
    .panel[hidden] { display: none; }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    @media (max-width: 480px) {
      .panel { inset: 0; width: 100%; height: 100dvh; border: 0; border-radius: 0; }
      .bubble[aria-expanded="true"] { display: none; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .bubble { transition: transform 0.15s; }
      .bubble:hover { transform: scale(1.06); }
      .panel { animation: rise 0.2s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(14px); } }
    }`;

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
  const frame = make("iframe", { title: "Chat", allow: "clipboard-write", referrerPolicy: "no-referrer" });

  const isOpen = () => !panel.hidden;
  const label = () => {
    bubble.setAttribute("aria-expanded", isOpen());
    bubble.setAttribute("aria-label", isOpen() ? CLOSE : OPEN);
  };
  const load = () => panel.append(Object.assign(frame, { src: chat() }));
  const open = () => {
    panel.hidden = false;
    delete bubble.dataset.news;
    label();
    if (frame.isConnected) frame.contentWindow.postMessage({ parley: "opened" }, address.origin);
    else load();
    frame.focus();
  };
  const close = () => {
    panel.hidden = true;
    label();
    bubble.focus();
  };

  bubble.append(drawing("talk", TALK), drawing("cross", CROSS));
  bubble.addEventListener("click", () => (isOpen() ? close() : open()));
  root.addEventListener("keydown", (event) => event.key === "Escape" && isOpen() && close());
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== address.origin) return;
    if (data?.parley === "close" && isOpen()) close();
    if (data?.parley === "answered" && !isOpen()) bubble.dataset.news = "";
    if (data?.parley === "visitor" && visitor) frame.contentWindow.postMessage({ parley: "visitor", token: visitor }, address.origin);
    if (data?.parley === "refused" && visitor) refused();
  });

  /** What a token says about its visitor: the page may have got a newer one for the same. */
  const subject = (token) => {
    try {
      return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
    } catch {
      return token;
    }
  };
  /** The visitor of this token has come; without one, they have left. The frame of the last one is removed with all that it knows. */
  const know = (token) => {
    const last = visitor;
    visitor = token?.trim() || null;
    if (subject(visitor) === subject(last) && !(isRefused && visitor !== last)) return;
    isRefused = false;
    delete bubble.dataset.news;
    frame.remove();
    if (isOpen()) load();
  };
  /** The bot accepts the token no longer: the page may set a new one. The event is raised once a minute at most. */
  const refused = () => {
    isRefused = true;
    if (performance.now() - askedAt < ASK_AGAIN) return;
    askedAt = performance.now();
    dispatchEvent(new Event("parley:refused"));
  };
  /** Takes over who the visitor is from a tag, now and whenever that changes. */
  const follow = (tag) => {
    if (!tag) return;
    const take = () => {
      named ||= Boolean(tag.dataset.visitor);
      if (named) know(tag.dataset.visitor);
    };
    new MutationObserver(take).observe(tag, { attributeFilter: ["data-visitor"] });
    take();
  };
  window[RUNS] = (tag, key) => key === config && follow(tag);
  window.parley = { visitor: know, logout: () => know(null) };

  style.replaceSync(STYLE);
  root.adoptedStyleSheets = [style];
  root.append(panel, bubble);
  label();
  follow(tag);
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
  if (document.body) appear();
  else addEventListener("DOMContentLoaded", appear);
})();
