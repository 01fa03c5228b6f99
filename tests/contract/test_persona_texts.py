"""The contract of `access.ports.PersonaTexts`."""

import pytest

from chalicelib.access.ports import PersonaChange, PersonaText, PersonaTexts
from chalicelib.ids import KeyId, PersonId
from tests.contract.stores import Store, dynamo_ports, dynamo_store
from tests.fakes.adapters import NOON


@pytest.fixture
def texts(store: Store) -> PersonaTexts:
    return store.personas


def test_there_are_no_texts_at_first(texts: PersonaTexts):
    assert (dict(texts.current()), list(texts.changes())) == ({}, [])


def test_a_text_is_kept_as_it_was_put_beside_those_of_other_personas(texts: PersonaTexts):
    source = 'name = "Sänta 🎅"\n' + "x" * 60_000
    texts.put("santa", "name = 1", now=NOON)
    texts.put("web", "two", now=NOON + 1)
    texts.put("santa", source, now=NOON + 2)
    assert texts.current() == {"santa": PersonaText(source, NOON + 2), "web": PersonaText("two", NOON + 1)}


def test_the_files_of_a_text_are_kept_with_it_and_go_with_it(texts: PersonaTexts):
    files = {"영업시간.md": "월요일 9시", "faq-v1.2.txt": "x" * 20_000}
    texts.put("shop", "one", now=NOON, files=files)
    assert texts.current() == {"shop": PersonaText("one", NOON, files)}
    texts.put("shop", "two", now=NOON + 1)
    assert texts.current() == {"shop": PersonaText("two", NOON + 1)}
    texts.put("shop", "three", now=NOON + 2, files=files)
    assert texts.remove("shop", now=NOON + 3)
    assert dict(texts.current()) == {}


def test_a_text_that_was_removed_is_gone_and_the_others_stay(texts: PersonaTexts):
    texts.put("santa", "one", now=NOON)
    texts.put("web", "two", now=NOON)
    assert texts.remove("santa", now=NOON + 1)
    assert dict(texts.current()) == {"web": PersonaText("two", NOON)}


def test_what_is_not_there_cannot_be_removed_and_is_no_change(texts: PersonaTexts):
    assert not texts.remove("santa", now=NOON)
    texts.put("web", "two", now=NOON)
    assert not texts.remove("santa", now=NOON)
    assert [change.name for change in texts.changes()] == ["web"]


def test_every_change_is_in_the_journal_newest_first(texts: PersonaTexts):
    texts.put("santa", "one", now=NOON)
    texts.put("web", "two", now=NOON + 1)
    texts.remove("santa", now=NOON + 2)
    latest = [PersonaChange(NOON + 2, "santa", is_put=False), PersonaChange(NOON + 1, "web", is_put=True)]
    assert list(texts.changes()) == [*latest, PersonaChange(NOON, "santa", is_put=True)]


def test_the_words_of_a_text_are_in_no_repr():
    assert "secret" not in repr(PersonaText("secret", NOON, {"a.md": "secret"}))


@pytest.mark.parametrize("reader", ["people", "keys"])
def test_the_texts_come_along_with_the_first_read_of_a_person_or_a_key_in_a_minute(emulator: object, reader: str):
    now = [0]
    store = dynamo_store(emulator, clock=lambda: now[0])  # type: ignore[arg-type]
    store.personas.put("santa", "one", now=NOON)
    assert store.people.get(PersonId("messenger:1:anna")) is None if reader == "people" else True
    assert store.keys.get(KeyId("a" * 10)) is None if reader == "keys" else True
    elsewhere = dynamo_ports(store.people.table)  # type: ignore[attr-defined]
    elsewhere.personas.put("santa", "two", now=NOON)
    assert store.personas.current()["santa"].source == "one"
    now[0] = 59_999
    assert store.personas.current()["santa"].source == "one"
    now[0] = 60_000
    assert store.personas.current()["santa"].source == "two"
