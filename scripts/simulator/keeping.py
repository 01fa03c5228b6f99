"""Keeps a demo's key, people and conversations in a file, with which the next start goes on.

The emulator has its data in memory only. The file is replaced as a whole, so it is complete whenever a demo is killed.
"""

import base64
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ConfigError
from scripts.stage.hints import PROGRAM

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FORMAT: Final = 1
_EVERY_S: Final = 3.0
_FOR_ME_ALONE: Final = 0o600
_BATCH: Final = 25
"""The most items that DynamoDB writes at once."""
_TRIES: Final = 3
_BYTES: Final = "bytes in base64"

Item = Mapping[str, Any]
"""An item of the table, in the form of DynamoDB's API."""


@dataclass(frozen=True)
class Kept:
    """What a demo keeps; its defaults are a new demo's."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those that the demo makes itself, by their names in SSM."""
    key: str = field(default="", repr=False)
    """The text of the demo's API key; empty if there is none yet."""
    people: Sequence[Mapping[str, Any]] = ()
    """The people of the Messenger page with their messages."""
    items: Sequence[Item] = ()


class Keeper:
    """The file of one demo."""

    def __init__(self, folder: Path, port: int) -> None:
        self._path = folder / f"demo-{port}.data"
        self._written = ""

    def load(self) -> Kept:
        """Return what the last demo has kept. Raises ConfigError if the file cannot be read."""
        try:
            return _parsed(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ConfigError(
                f"{self._path} cannot be read ({exc}): delete what was kept with {PROGRAM} demo --fresh"
            ) from exc

    def save(self, kept: Kept) -> None:
        """Replace the file, if anything has changed. Raises OSError, and then leaves it as it was."""
        values = {each.name: getattr(kept, each.name) for each in fields(kept)}
        text = json.dumps({"format": _FORMAT, **values}, default=_without_bytes)
        if text == self._written:
            return
        partial = self._path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        partial.touch(_FOR_ME_ALONE, exist_ok=False)
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)
        self._written = text

    def delete(self) -> None:
        """Delete what was kept."""
        self._path.unlink(missing_ok=True)


class Keeping:
    """Keeps what changes, every few seconds and at the end; `kept` adds the rest to the items of the table."""

    def __init__(
        self, keeper: Keeper, client: "DynamoDBClient", table: str, kept: Callable[[Sequence[Item]], Kept]
    ) -> None:
        self._keeper = keeper
        self._client = client
        self._table = table
        self._kept = kept
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_often, daemon=True)

    def start(self) -> None:
        """Keep from now on what changes."""
        self._thread.start()

    def end(self) -> bool:
        """Keep what there is now, for the last time; return whether that was possible."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._keep()

    def _keep_often(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._keep()  # if it fails, the next time may succeed

    def _keep(self) -> bool:
        try:
            items = items_of(self._client, self._table)
            if items is not None:
                self._keeper.save(self._kept(items))
        except (OSError, BotoCoreError, ClientError) as exc:
            sys.stderr.write(json.dumps({"stage": "keep", "error": type(exc).__name__}) + "\n")
            return False
        return items is not None


def last_port(folder: Path, *, otherwise: int) -> int:
    """Return the port of the demo that has last kept something in `folder`."""
    files = {path: path.stat().st_mtime for path in folder.glob("demo-*.data")}
    ports = [path.stem.removeprefix("demo-") for path in sorted(files, key=files.__getitem__, reverse=True)]
    return next((int(port) for port in ports if port.isdecimal()), otherwise)


def items_of(client: "DynamoDBClient", table: str) -> Sequence[Item] | None:
    """Return all items of one moment; None if they change so often that no moment is seen as a whole."""
    before: Sequence[Item] | None = None
    for _ in range(_TRIES):
        pages = [page["Items"] for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)]
        items = [item for page in pages for item in page]
        if len(pages) == 1 or items == before:
            return items
        before = items
    return None


def put_items(client: "DynamoDBClient", table: str, items: Sequence[Item]) -> None:
    """Write items into an empty table."""
    for batch in _batches(items):
        waiting: Any = {table: [{"PutRequest": {"Item": item}} for item in batch]}
        while waiting:
            waiting = client.batch_write_item(RequestItems=waiting)["UnprocessedItems"]


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), _BATCH):
        yield items[first : first + _BATCH]


def _parsed(text: str) -> Kept:
    stored = json.loads(text, object_hook=_with_bytes)
    if stored.pop("format") != _FORMAT:
        raise ValueError("another version of Parley has written it")
    return Kept(**stored)


def _without_bytes(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _with_bytes(value: Mapping[str, Any]) -> Any:
    return base64.b64decode(value[_BYTES]) if _BYTES in value else value
