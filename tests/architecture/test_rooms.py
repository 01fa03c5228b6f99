"""The rooms of `chalicelib` and who may import what. `python -m scripts.measure.rooms` prints the graph.

Each rule is a function from modules to faults, tried here on small made-up packages, and then asserted of the product.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from scripts.measure import rooms
from scripts.measure.source import ROOT, Module, modules

MOST_ROOMS: Final = 18
MOST_FLOORS: Final = 10

HANDLERS: Final = ("app", "routes")
USE_CASES: Final = ("operations", "conversation", "access", "content")
OUTER: Final = (*rooms.ADAPTERS, "bootstrap")

FOREIGN: Final[Mapping[str, tuple[str, ...]]] = {
    "anyio": OUTER,
    "boto3": OUTER,
    "botocore": OUTER,
    "mypy_boto3_apigatewaymanagementapi": OUTER,
    "mypy_boto3_dynamodb": OUTER,
    "mypy_boto3_lambda": OUTER,
    "mypy_boto3_sns": OUTER,
    "mypy_boto3_sqs": OUTER,
    "mypy_boto3_ssm": OUTER,
    "chalice": HANDLERS,
    "regex": OUTER,
    "httpx2": OUTER,
    "markdown_it": OUTER,
    "jwt": (*OUTER, "access"),
    "openai": OUTER,
    "pydantic": OUTER,
    "requests": OUTER,
    "urllib3": OUTER,
}
"""Every package of others that the product imports, and the packages of the product that may import it."""

OUTSIDE: Final = {"os", "random", "secrets", "socket", "subprocess", "tempfile", "threading", "time", "urllib", "uuid"}
"""Modules of the standard library that have a state, a clock, randomness or a way to the network or the disk."""
HARMLESS: Final = {"urllib.parse"}
"""Parts of OUTSIDE that only read their arguments."""
CLOCKS: Final = {"now", "today", "utcnow", "localtime"}
"""Methods of the standard library that read the clock."""
READ_THE_ENVIRONMENT: Final = {"environ", "environb", "getenv"}
OF_THE_SIMULATOR: Final = ("localhost", "127.0.0.1", "0.0.0.0", "demo", "ministack", "moto")

SCRIPTS: Final[Mapping[str, frozenset[str]]] = {
    "bench": frozenset({"deploy", "peers", "simulator", "stage"}),
    "cli": frozenset({"deploy", "simulator", "stage"}),
    "deploy": frozenset({"stage"}),
    "measure": frozenset({"peers"}),
    "peers": frozenset(),
    "simulator": frozenset({"stage"}),
    "stage": frozenset(),
}
"""Every package of `scripts`, and the others that it may import."""

FETCHES_KEYS: Final = "access.oidc"
"""The exception among the use cases: fetches and keeps an issuer's public keys."""
PARSES_INVOCATIONS: Final = "aws.invocation"
"""The exception among the adapters: handlers may import it, since it only parses events."""
OF_THE_OWNERS: Final = {("access.key_service", "localhost")}
"""The exception among words of the simulator: a key may be used from an owner's own machine."""


def top(name: str) -> str:
    """The top-level package, or the module itself at the top."""
    return name.partition(".")[0]


def among(read: Iterable[Module], packages: Sequence[str]) -> list[Module]:
    """The modules of these top-level packages."""
    return [module for module in read if top(module.name) in packages]


def packages_with_code(read: Sequence[Module]) -> list[str]:
    """Every `__init__` with more than a docstring."""
    return [module.shown for module in read if module.is_package and len(module.tree.body) > 1]


def misplaced(read: Sequence[Module]) -> list[str]:
    """Every import of a package of others where FOREIGN does not allow it."""
    return [
        f"{module.shown} imports {package}"
        for module in read
        for package in sorted(module.imported_foreign() - sys.stdlib_module_names)
        if top(module.name) not in FOREIGN.get(package, ())
        and not (package == "requests" and module.name == FETCHES_KEYS)
    ]


def ways_out(read: Sequence[Module]) -> list[str]:
    """Every import of a use case that leads outside, and every call of it that reads a clock."""
    pure = [module for module in among(read, USE_CASES) if module.name != FETCHES_KEYS]
    imports = [
        f"{module.shown} imports {name}"
        for module in pure
        for name in sorted(set(module.imported()) - HARMLESS)
        if top(name) in OUTSIDE
    ]
    return imports + [f"{module.shown} calls {name}()" for module in pure for name in sorted(module.called() & CLOCKS)]


def handlers_of_adapters(read: Sequence[Module]) -> list[str]:
    """Every import of an adapter by a handler."""
    return [
        str(arrow)
        for arrow in rooms.arrows_of(read)
        if top(arrow.importer) in HANDLERS
        and top(arrow.imported) in rooms.ADAPTERS
        and arrow.imported != PARSES_INVOCATIONS
    ]


def environment_readers(read: Sequence[Module]) -> list[str]:
    """Every module that reads the environment and is not of the settings or of `bootstrap`."""
    reading = [module for module in read if module.attributes() & READ_THE_ENVIRONMENT]
    return [module.shown for module in reading if top(module.name) not in {"settings", "bootstrap"}]


def knowing_the_simulator(read: Sequence[Module]) -> list[str]:
    """Every word of the simulator in a module, and every import of scripts or tests."""
    words = [
        f'{module.shown} says "{word}"'
        for module in read
        for word in OF_THE_SIMULATOR
        if word in module.source.lower() and (module.name, word) not in OF_THE_OWNERS
    ]
    return words + [module.shown for module in read if module.imported_foreign() & {"scripts", "tests"}]


def misplaced_in_scripts(read: Sequence[Module]) -> list[str]:
    """Every import of one package of scripts by another where SCRIPTS does not allow it."""
    return [
        str(arrow)
        for arrow in rooms.arrows_of(read)
        if (importer := top(arrow.importer)) != (imported := top(arrow.imported))
        and imported not in SCRIPTS.get(importer, frozenset())
    ]


def shown(faults: Iterable[object]) -> str:
    """The faults in lines of their own, after the rule."""
    return "".join(f"\n  {fault}" for fault in faults)


def test_every_package_has_a_row_in_the_declared_order():
    missing = rooms.without_row(modules())
    assert not missing, (
        f"{missing} are in no row of ORDER in scripts/measure/rooms.py. Move the module into the package that it "
        "belongs to; a new package gets a row of its own, as low as its imports allow."
    )


def test_every_name_in_the_declared_order_exists():
    gone = {name for row in rooms.ORDER for name in row} - {top(module.name) for module in modules()}
    assert not gone, f"{sorted(gone)} do not exist: take them out of ORDER in scripts/measure/rooms.py."


def test_no_import_points_upwards():
    faults = rooms.upwards(modules())
    assert not faults, (
        "A package imports only from packages in the rows below its own (ORDER in scripts/measure/rooms.py). "
        "Declare what is needed as a Protocol in the lower package's ports.py and hand the implementation over in "
        f"bootstrap/, or move the shared value down.{shown(faults)}"
    )


def test_adapters_do_not_know_each_other():
    faults = rooms.between_adapters(modules())
    assert not faults, (
        "channels, llm, aws and tools do not import each other. Take a port of the use cases as an argument "
        f"and connect the two in bootstrap/; a value that both need belongs further down.{shown(faults)}"
    )


@pytest.mark.parametrize("namer", [rooms.room_of, rooms.each_module], ids=["rooms", "modules"])
def test_there_is_no_cycle(namer: rooms.Namer):
    faults = rooms.graph(modules(), namer).cycles()
    assert not faults, (
        "Rooms, and modules, do not import each other in a cycle. Move what both need into a third one below, or let "
        f"one of them declare a port.{shown(' <-> '.join(group) for group in faults)}"
    )


def test_there_are_few_rooms_on_few_floors():
    graph = rooms.graph(modules())
    assert len(graph.arrows) <= MOST_ROOMS, (
        f"{len(graph.arrows)} rooms, at most {MOST_ROOMS}: put new modules into an existing package. "
        "`python -m scripts.measure.rooms` lists them."
    )
    assert max(graph.floors().values()) <= MOST_FLOORS, (
        f"{max(graph.floors().values())} floors, at most {MOST_FLOORS}: cut an import between two packages of one "
        "floor. `python -m scripts.measure.rooms` shows the floors."
    )


def test_packages_hold_a_docstring_only():
    faults = packages_with_code(modules())
    assert not faults, f"An __init__.py holds a docstring only. Move its code into a module beside it.{shown(faults)}"


def test_packages_of_others_are_imported_only_where_they_belong():
    faults = misplaced(modules())
    assert not faults, (
        "Only adapters and bootstrap import clients of the network, and only app.py and routes import chalice. Put the "
        "call behind a port; a new dependency gets a line in FOREIGN in tests/architecture/test_rooms.py."
        f"{shown(faults)}"
    )


def test_use_cases_read_no_clock_and_have_no_way_out():
    faults = ways_out(modules())
    assert not faults, (
        f"{', '.join(USE_CASES)} get the time and random bytes as arguments (`now`, `random_bytes`) and reach the "
        f"network and the disk only through ports. Add a parameter or a port.{shown(faults)}"
    )


def test_handlers_reach_adapters_only_through_bootstrap():
    faults = handlers_of_adapters(modules())
    assert not faults, (
        "app.py and routes parse the request, call one service from bootstrap and answer. Let bootstrap build the "
        f"service that uses the adapter.{shown(faults)}"
    )


def test_only_settings_and_bootstrap_read_the_environment():
    faults = environment_readers(modules())
    assert not faults, (
        "Only the settings and bootstrap read environment variables. Add a field to the settings and hand its value "
        f"over in bootstrap/.{shown(faults)}"
    )


def test_the_product_knows_nothing_of_the_simulator():
    faults = knowing_the_simulator(modules())
    assert not faults, (
        "The product has no code for the simulator, the demo or the tests. Make the difference a setting that the "
        f"simulator sets.{shown(faults)}"
    )


def test_scripts_know_each_other_in_one_direction():
    read = [module for module in modules(ROOT / "scripts") if module.name != "app"]
    packages = {top(module.name) for module in read if module.name}
    assert packages == SCRIPTS.keys(), "SCRIPTS in tests/architecture/test_rooms.py lists every package of scripts."
    faults = misplaced_in_scripts(read)
    assert not faults, (
        "The commands know the deployment and the stage; the deployment knows the stage; the simulator is known only "
        "by the commands that read its options and by the benchmarks, and knows the stage only. Move shared code "
        f"into the lower package.{shown(faults)}"
    )


@pytest.mark.parametrize("name", sorted({FETCHES_KEYS, PARSES_INVOCATIONS} | {name for name, _ in OF_THE_OWNERS}))
def test_exceptions_name_modules_that_exist(name: str):
    assert name in {module.name for module in modules()}, f"{name} is gone: delete the exception for it in this file."


Made = Callable[[dict[str, str]], tuple[Module, ...]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Writes files of a package `product`, with an `__init__` in each folder, and reads them."""

    def make(files: dict[str, str]) -> tuple[Module, ...]:
        for name, source in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        for folder in {path.parent for path in tmp_path.glob("product/**/*.py")}:
            (folder / "__init__.py").touch()
        return modules(tmp_path / "product")

    return make


def test_an_init_may_hold_a_docstring_only(made: Made):
    read = made({"product/llm/__init__.py": '"""Models."""\n', "product/aws/__init__.py": '"""AWS."""\nimport json\n'})
    assert packages_with_code(read) == ["product/aws/__init__.py"]


def test_clients_of_the_network_are_adapters_and_bootstraps(made: Made):
    read = made(
        {
            "app.py": "import chalice\n",
            "product/access/ticket.py": "import jwt\n",
            "product/access/oidc.py": "import jwt, requests\n",
            "product/aws/ssm.py": "from botocore.config import Config\n",
            "product/bootstrap/clients.py": "import boto3\n",
            "product/conversation/agent.py": "def ask():\n    import openai\n",
            "product/llm/openai.py": "import openai, httpx2, numpy\n",
            "product/operations/health.py": "import requests, json\n",
        }
    )
    assert misplaced(read) == [
        "product/conversation/agent.py imports openai",
        "product/llm/openai.py imports numpy",
        "product/operations/health.py imports requests",
    ]


def test_chalice_is_for_handlers(made: Made):
    read = made({"product/routes/chat.py": "import chalice\n", "product/bootstrap/api.py": "import chalice\n"})
    assert misplaced(read) == ["product/bootstrap/api.py imports chalice"]


def test_a_use_case_gets_the_time_and_has_no_way_out(made: Made):
    read = made(
        {
            "product/access/oidc.py": "import time\n",
            "product/access/quota.py": "from datetime import datetime\nday = datetime.now()\n",
            "product/aws/wake.py": "import os, time\n",
            "product/content/page.py": "from urllib.parse import quote\n",
            "product/conversation/turn.py": "import uuid\nfrom urllib import request\n",
            "product/operations/health.py": "def check(clock):\n    return clock()\n",
        }
    )
    assert ways_out(read) == [
        "product/conversation/turn.py imports urllib",
        "product/conversation/turn.py imports uuid",
        "product/access/quota.py calls now()",
    ]


def test_handlers_import_no_adapter_but_the_parser_of_invocations(made: Made):
    read = made(
        {
            "app.py": "from product.aws import invocation, wake\n",
            "product/aws/invocation.py": "",
            "product/aws/wake.py": "",
            "product/bootstrap/api.py": "from product.aws import wake\n",
        }
    )
    assert handlers_of_adapters(read) == ["app.py:1: app imports aws.wake"]


def test_the_environment_is_read_in_two_places(made: Made):
    source = "import os\nname = os.environ['X']\n"
    read = made({f"product/{name}.py": source for name in ("settings", "bootstrap/api", "llm/prices")})
    assert environment_readers(read) == ["product/llm/prices.py"]


def test_a_word_or_an_import_of_the_simulator_is_found(made: Made):
    read = made({"product/a.py": "URL = 'http://LOCALHOST'\n", "product/b.py": "from scripts.simulator import main\n"})
    assert knowing_the_simulator(read) == ['product/a.py says "localhost"', "product/b.py"]


def test_scripts_that_import_upwards_are_found(made: Made):
    read = made(
        {"product/stage/aws.py": "from product.cli import keys\n", "product/cli/keys.py": "import product.stage.aws"}
    )
    assert misplaced_in_scripts(read) == ["product/stage/aws.py:1: stage.aws imports cli.keys"]
