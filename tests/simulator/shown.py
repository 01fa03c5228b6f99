"""Draws Markdown with the chat page's own modules, and describes the nodes that come of it."""

from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Page

from tests.simulator.chat_server import ChatServer

_SHOWN = """async ([address, texts, options]) => {
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
    painter(place)(text, options);
    return [...place.children].map((block) => inside(block).trim()).join("\\n");
  });
}"""


def shown(page: Page, bot: ChatServer, texts: Sequence[str], **options: Any) -> list[str]:
    """Return what each text becomes: HTML with a line for each block, and the attributes that the corpus needs.

    Boxes around blocks and their buttons are left out, entities are characters, and a drawn sign is its name in `<>`.
    The page is the chat.
    """
    described: list[str] = page.evaluate(_SHOWN, [bot.url, list(texts), options])
    return described
