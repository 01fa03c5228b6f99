"""The Pauses port over DynamoDB: an attribute of the item that is read along with people, so it costs no call."""

from dataclasses import dataclass
from typing import Final

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import later_than
from chalicelib.aws.dynamodb.read_along import ReadAlong
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import Update, update

_ATTRIBUTE: Final = "paused_until"


@dataclass(frozen=True)
class DynamoPauses:
    """`access.pauses.Pauses` over one table; `along` is that of the owner's texts of personas."""

    table: Table
    along: ReadAlong

    def until(self) -> int:
        return int(self.along.current(self.table.get_many).get(_ATTRIBUTE, 0))

    def pause(self, *, until: int) -> None:
        self.table.write(update(keys.personas_key(), Update(set={_ATTRIBUTE: until})))
        self.along.forget()

    def resume(self, *, now: int) -> bool:
        ended = update(keys.personas_key(), Update(remove=[_ATTRIBUTE]), when=later_than(_ATTRIBUTE, now))
        was_paused = self.table.write_if(ended)
        if was_paused:
            self.along.forget()
        return was_paused
