import pytest

from chalicelib.access import taps
from chalicelib.access.taps import Tap, Tapped
from chalicelib.conversation.commands import not_known
from chalicelib.ids import PersonId

ANNA, BERT, OLGA, OSCAR = (PersonId(f"messenger:4711:{name}") for name in ("anna", "bert", "olga", "oscar"))
SECRET = "the secret of her buttons"
LONGEST = PersonId(f"web:shopshopsh:site-{'a' * 27}"), PersonId(f"messenger:{'1' * 17}:{'2' * 17}")


def tapped(tap: Tap = Tap.BLOCK, person: PersonId = ANNA, owner: PersonId = OLGA, secret: str = SECRET) -> Tapped:
    found = taps.read(taps.payload(tap, person, owner=owner, secret=secret))
    assert found
    return found


@pytest.mark.parametrize("tap", Tap)
def test_a_button_is_genuine_for_the_owner_it_was_made_for(tap: Tap):
    found = tapped(tap)
    assert (found.tap, found.person) == (tap, ANNA)
    assert taps.is_genuine(found, owner=OLGA, secret=SECRET)


@pytest.mark.parametrize(
    "other", [{"owner": OSCAR}, {"person": BERT}, {"tap": Tap.FREE}, {"secret": "another"}, {"secret": ""}]
)
def test_a_signature_is_bound_to_owner_person_decision_and_secret(other: dict[str, str]):
    signature = tapped(**other).signature  # type: ignore[arg-type]
    assert not taps.is_genuine(Tapped(Tap.BLOCK, ANNA, signature), owner=OLGA, secret=SECRET)


def test_without_a_secret_no_button_is_genuine():
    assert not taps.is_genuine(tapped(secret=""), owner=OLGA, secret="")


@pytest.mark.parametrize("signature", ["", "0" * 20, "\u00e4" * 20, "0" * 5000])
def test_no_text_is_a_signature_by_chance_or_breaks_the_comparison(signature: str):
    assert not taps.is_genuine(Tapped(Tap.BLOCK, ANNA, signature), owner=OLGA, secret=SECRET)


@pytest.mark.parametrize(
    "text", ["", "/decide", "/decide block", "/decide erase a b", "/decide block a b c", "decide block a b"]
)
def test_other_texts_are_no_taps(text: str):
    assert taps.read(text) is None


def test_the_secret_and_the_signature_are_kept_out_of_what_is_logged():
    assert tapped().signature not in repr(tapped())
    assert SECRET not in taps.payload(Tap.BLOCK, ANNA, owner=OLGA, secret=SECRET)


@pytest.mark.parametrize("person", LONGEST)
def test_the_longest_tap_is_a_command_that_does_not_exist_for_who_is_no_owner_and_never_a_question(person: PersonId):
    text = taps.payload(Tap.LATER, person, owner=OLGA, secret=SECRET)
    assert not_known(text)
