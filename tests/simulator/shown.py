"""Draws Markdown with the chat page's own modules, and describes the nodes that come of it."""

from collections.abc import Sequence

from playwright.sync_api import Page

from tests.simulator.chat_server import ChatServer

_SHOWN = """async ([address, texts, grows]) => {
  const { painter } = await import(address + "/chat/markdown.js");
  const OURS = ".copy-code";
  const kept = (node) => node.getAttributeNames().filter((name) => ["href", "align", "start", "class"].includes(name))
    .map((name) => ` ${name}="${node.getAttribute(name)}"`).join("");
  const inside = (node) => [...node.childNodes].map(described).join("");
  const described = (node) => {
    const within = node.parentNode.localName;
    if (node.nodeType === Node.TEXT_NODE) return /^(table|thead|tbody|tr)$/.test(within) ? node.data.trim() : node.data;
    if (node.matches(OURS)) return "";
    if (node.role === "img") return `<${node.ariaLabel}>`;
    const name = node.localName;
    if (name === "div") return inside(node);
    if (name === "br" || name === "hr") return `<${name}>`;
    return `<${name}${kept(node)}>${inside(node).trim() === "" ? "" : inside(node)}</${name}>`;
  };
  return texts.map((text) => {
    const place = document.createElement("div");
    painter(place)(text, grows);
    return [...place.children].map((block) => inside(block).trim()).join("\\n");
  });
}"""


def shown(page: Page, bot: ChatServer, texts: Sequence[str], *, grows: bool = False) -> list[str]:
    """Return what each text becomes: HTML with a line for each block, and the attributes that the corpus needs.

    Boxes around blocks and their buttons are left out, entities are characters, and a drawn sign is its name in `<>`.
    The page is the chat.
    """
    described: list[str] = page.evaluate(_SHOWN, [bot.url, list(texts), grows])
    return described


_SEEN = """async ([address, text]) => {
  const { painter } = await import(address + "/chat/markdown.js");
  const place = document.createElement("div");
  const paint = painter(place);
  const seen = [];
  let finished = [];
  const letters = [...text];
  for (let end = 1; end <= letters.length + 1; end += 1) {
    paint(letters.slice(0, end).join(""), end <= letters.length);
    seen.push([place.innerText ?? place.textContent, finished.filter((node) => !place.contains(node)).length]);
    finished = [...place.children].slice(0, -1);
  }
  return seen;
}"""


def seen(page: Page, bot: ChatServer, text: str) -> list[tuple[str, int]]:
    """Return what is seen after each letter of a text that grows, and last when it has ended.

    Each with the number of finished blocks that were drawn anew.
    """
    return [(words, count) for words, count in page.evaluate(_SEEN, [bot.url, text])]
