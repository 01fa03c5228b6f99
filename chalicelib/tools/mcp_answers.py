"""Reads what MCP servers send: JSON-RPC answers, alone or in a stream of events, lists of tools, and results. Pure.

Every field may be missing or have any type. What cannot be read is passed over, or is an error for the model.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from chalicelib.conversation.stream_elements import StreamElements
from chalicelib.conversation.surrogates import clean
from chalicelib.conversation.tool import ToolResult, ToolSpec
from chalicelib.tools.tool import ToolFailed

LONGEST_DESCRIPTION: Final = 2_000
MOST_SCHEMA_BYTES: Final = 20_000
MOST_TOOLS: Final = 200
"""Of one page of a list."""


class Refused(Exception):
    """The server answers with an error of JSON-RPC; the message is the server's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoSense(ToolFailed):
    """The server answers with what is no JSON-RPC."""

    def __init__(self) -> None:
        super().__init__("The server's answer makes no sense.")


def answer_in(body: Iterable[bytes], number: int) -> Mapping[str, Any]:
    """Return the result of request `number` as soon as it has come. Raises Refused and ToolFailed."""
    for message in _messages(body):
        error = message.get("error")
        if isinstance(error, Mapping):
            code, words = error.get("code"), error.get("message")
            raise Refused(code if isinstance(code, int) else 0, words if isinstance(words, str) else "no reason given")
        result = message.get("result")
        if message.get("id") == number and isinstance(result, Mapping):
            if result.get("resultType") not in (None, "complete"):
                raise ToolFailed("The server wants something that this bot cannot give.")
            return result
    raise NoSense


def listed(answer: Mapping[str, Any]) -> tuple[list[ToolSpec], str, int]:
    """Return the tools of one page of a list, the cursor of the next (empty for none), and the milliseconds to live."""
    tools, cursor, ttl = answer.get("tools"), answer.get("nextCursor"), answer.get("ttlMs")
    found = [spec for tool in (tools if isinstance(tools, list) else [])[:MOST_TOOLS] for spec in _specs(tool)]
    return found, cursor if isinstance(cursor, str) else "", max(0, ttl) if isinstance(ttl, int) else 0


def result_text(answer: Mapping[str, Any]) -> ToolResult:
    """Return the result of a call as text: what is no text is named; structure stands for it where there is none."""
    content = answer.get("content")
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    texts = [_words(part) for part in parts]
    structure = answer.get("structuredContent")
    if not texts and structure is not None:
        texts = [json.dumps(structure, ensure_ascii=False)]
    return ToolResult("\n".join(texts) or "(no words)", is_error=answer.get("isError") is True)


def _words(part: Mapping[str, Any]) -> str:
    words = part.get("text")
    if isinstance(words, str):
        return words
    inside = part.get("resource")
    if isinstance(inside, Mapping) and isinstance(inside.get("text"), str):
        return str(inside["text"])
    return f"[{part.get('type', 'something')}, which cannot be shown]"


def _specs(tool: object) -> Iterator[ToolSpec]:
    """Yield the tool, unless it lacks a name or has a schema that no model takes."""
    if not isinstance(tool, Mapping) or not isinstance(name := tool.get("name"), str) or not name:
        return
    schema, words = tool.get("inputSchema"), tool.get("description")
    if not isinstance(schema, Mapping):
        return
    asked = {"type": "object", "properties": {}, **schema}
    if clean(name) == name and _may_be_sent(asked):
        yield ToolSpec(name, clean(words)[:LONGEST_DESCRIPTION] if isinstance(words, str) else "", asked)


def _may_be_sent(schema: Mapping[str, Any]) -> bool:
    """Whether it is the schema of an object, in JSON that every server reads, and not too long."""
    if schema["type"] != "object" or not isinstance(schema["properties"], Mapping):
        return False
    try:
        return len(json.dumps(schema, ensure_ascii=False, allow_nan=False).encode()) <= MOST_SCHEMA_BYTES
    except (ValueError, RecursionError):
        return False


def _messages(body: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a body as they come: one of JSON, or the data of each event. Raises NoSense."""
    elements = StreamElements()
    try:
        for part in body:
            yield from elements.feed(part)
    except ValueError:
        raise NoSense from None
    yield from elements.end()
