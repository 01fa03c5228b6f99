"""The ToolLists port over DynamoDB: one item for each server, with its tools as JSON."""

import json
from dataclasses import dataclass
from typing import Final

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import put
from chalicelib.conversation.remote_tools import KnownTools
from chalicelib.conversation.tool import ToolSpec

_KEPT_S: Final = 30 * 24 * 60 * 60
_MOST_BYTES: Final = 300_000
"""Of the tools as JSON: an item can hold 400 KB."""


@dataclass(frozen=True)
class DynamoKnownTools:
    """`conversation.remote_tools.ToolLists` over one table."""

    table: Table

    def get(self, url: str) -> KnownTools | None:
        item = self.table.get(keys.tool_list_key(url))
        if item is None:
            return None
        tools = tuple(ToolSpec(*tool) for tool in json.loads(item["tools"]))
        return KnownTools(tools, int(item["fresh_until"]))

    def put(self, url: str, known: KnownTools) -> None:
        tools = json.dumps([[tool.name, tool.description, dict(tool.parameters)] for tool in known.tools])
        if len(tools) > _MOST_BYTES:
            return  # the server is asked by each process then
        values = {"tools": tools, "fresh_until": known.fresh_until, "expires_at": known.fresh_until // 1000 + _KEPT_S}
        self.table.write(put({**keys.tool_list_key(url), **values}))
