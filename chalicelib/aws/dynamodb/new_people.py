"""The NewPeople port over DynamoDB: marks in the people's items, and one item for those who wait."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from boto3.dynamodb.conditions import Attr

from chalicelib.access.new_people import BUNDLE_MS, SINGLE_NOTICES
from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.conditions import EXISTS, NOT_ANNOUNCED, bucket_full, due_by, has_token
from chalicelib.aws.dynamodb.table import Table, TransactionRefused
from chalicelib.aws.dynamodb.writes import Update, update
from chalicelib.ids import PersonId


@dataclass(frozen=True)
class DynamoNewPeople:
    """`access.new_people.NewPeople` over one table."""

    table: Table

    def announce(self, person: PersonId, *, secret: str, now: int) -> bool:
        marked = Update(set={"announced": True, "tap": secret})
        waits = Update(add_to_set={"waiting": {str(person)}}, set_if_absent={"due_at": now + BUNDLE_MS})
        try:
            self.table.transact(
                person=update(keys.person_key(person), marked, when=EXISTS & NOT_ANNOUNCED),
                news=update(keys.news_key(), waits),
            )
        except TransactionRefused:
            return False
        return True

    def may_tell(self, *, now: int) -> bool:
        first, one_less = SINGLE_NOTICES.taken(0, now=now), Update(add={"full_at": SINGLE_NOTICES.every_ms})
        of_full = update(keys.news_key(), Update(set={"full_at": first}), when=bucket_full(now))
        next_one = update(keys.news_key(), one_less, when=has_token(SINGLE_NOTICES, now=now))
        return self.table.write_if(of_full) or self.table.write_if(next_one)

    def told(self, people: Collection[PersonId]) -> None:
        left = self.table.write(update(keys.news_key(), Update(remove_from_set={"waiting": {str(p) for p in people}})))
        if "waiting" not in left:
            self.table.write_if(update(keys.news_key(), Update(remove=["due_at"]), when=Attr("waiting").not_exists()))

    def waiting(self) -> Sequence[PersonId]:
        item = self.table.get(keys.news_key()) or {}
        return [PersonId(person) for person in sorted(item.get("waiting", ()))]

    def claim(self, *, now: int) -> bool:
        return self.table.write_if(update(keys.news_key(), Update(set={"due_at": now + BUNDLE_MS}), when=due_by(now)))

    def use_tap(self, person: PersonId, *, secret: str, source: str) -> bool:
        is_open = Attr("tap").eq(secret) & Attr("tapped_in").not_exists()
        return self.table.write_if(update(keys.person_key(person), Update(set={"tapped_in": source}), when=is_open))
