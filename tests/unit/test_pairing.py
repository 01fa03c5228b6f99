import os

import pytest

from chalicelib.access import pairing

CODE = "ABCD2345"


def test_a_code_has_eight_signs_none_of_which_looks_like_another():
    codes = [pairing.new_code(os.urandom) for _ in range(200)]
    assert all(len(code) == 8 for code in codes)
    assert not set("".join(codes)) & set("01OILU")
    assert len(set(codes)) == 200


def test_a_code_is_shown_in_two_halves():
    assert pairing.shown(CODE) == "ABCD-2345"


@pytest.mark.parametrize("typed", [CODE, "abcd-2345", " ABCD 2345 ", "ABCD\u20102345", "a-b-c-d-2-3-4-5"])
def test_a_code_fits_however_it_is_typed(typed: str):
    assert pairing.pairing_for(CODE, os.urandom, now=0).fits(typed)


@pytest.mark.parametrize("typed", ["", "ABCD2346", "ABCD234", "ABCD23455", "ABCD2345" * 1000, "\u00c4BCD2345"])
def test_no_other_text_fits(typed: str):
    assert not pairing.pairing_for(CODE, os.urandom, now=0).fits(typed)


def test_what_is_stored_does_not_show_the_code():
    made = pairing.pairing_for(CODE, os.urandom, now=0)
    assert CODE not in repr(made)
    assert CODE.lower() not in made.digest + made.salt
    assert made.digest not in repr(made)
    assert made != pairing.pairing_for(CODE, os.urandom, now=0)
