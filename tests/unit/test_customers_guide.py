"""The code of `docs/customers.md`, as a site would run it."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import playwright
import pytest

from chalicelib.access import signed_visitor
from chalicelib.access.api_key import ApiKey
from chalicelib.ids import KeyId

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "customers.md").read_text()
NODE = Path(playwright.__file__).parent / "driver" / "node"
"""The one that Playwright brings along."""
SHOP = ApiKey(KeyId("shopshopsh"), "Shop", "0" * 64, "web", created_at=0)
TICKET_KEY = "the ticket key, of thirty-two characters"
SECRET = signed_visitor.secret_of(SHOP, ticket_key=TICKET_KEY)
CUSTOMERS = ["customer-17", "anna@example.org", 'O\'Brien "&" <b>', "Zoë 한국어 😀", "auth0|5f7c8ec7c33c6c004bbafe82"]


def code(language: str) -> str:
    """The guide's first code in a language."""
    return str(re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)[0])


def by_python(customer: str) -> str:
    names: dict[str, Any] = {}
    exec(code("python"), names)
    return str(names["visitor_token"](customer, SHOP.id, SECRET))


def by_node(customer: str) -> str:
    call = f"{code('js')}\nprocess.stdout.write(visitorToken(...JSON.parse(process.argv[1])));"
    return printed(str(NODE), "-e", call, json.dumps([customer, SHOP.id, SECRET]))


def by_php(customer: str) -> str:
    call = f"{code('php')}\necho visitor_token(...json_decode($argv[1]));"
    return printed("php", "-r", call, json.dumps([customer, SHOP.id, SECRET]))


needs_php = pytest.mark.skipif(not shutil.which("php"), reason="php is not installed")


def printed(*command: str) -> str:
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True).stdout


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("sign", [by_python, by_node, pytest.param(by_php, marks=needs_php)])
def test_the_bot_accepts_what_the_guides_code_signs(sign: Any, customer: str):
    now = time.time_ns() // 1_000_000
    assert signed_visitor.read(sign(customer), SHOP, ticket_key=TICKET_KEY, now=now).subject == customer


def test_the_example_signs_as_the_guide_does():
    """Its lines are the guide's, but for the docstring."""
    shop = (DOCS / "examples" / "shop.py").read_text()
    lines = [line.strip() for line in code("python").splitlines()[3:] if line.strip()]
    assert lines
    assert [line for line in lines if line not in shop] == []
