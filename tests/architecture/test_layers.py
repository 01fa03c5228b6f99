"""The layers of the design, drawn as a table and compared with what the modules really import."""

import re
import sys
from typing import Final

from tests.architecture.source import ROOT, Module, modules

LAYERS: Final[dict[str, frozenset[str]]] = {
    "words": frozenset({"channels.messenger.registration", "errors", "findings", "messages"}),
    "more words": frozenset({"invocation", "messages_web"}),
    "rules": frozenset(
        {
            "access",
            "channels.messenger.signature",
            "channels.tolerant",
            "channels.messenger.wanted",
            "channels.web.ticket",
            "chat_files",
            "commands",
            "history",
            "identity",
            "keys",
            "pages",
            "metrics",
            "personas",
            "prices",
            "quota",
            "replies",
            "store.schema",
            "texts",
            "times",
        }
    ),
    "decisions": frozenset(
        {
            "budget",
            "channels.messenger.events",
            "channels.messenger.profile",
            "channels.messenger.signed_request",
            "channels.web.asked",
            "channels.web.told",
            "diagnosis",
            "plans",
            "store.schema_web",
        }
    ),
    "ports": frozenset({"ports", "ports_upkeep", "ports_web"}),
    "ground": frozenset({"channels.web.script", "observability", "settings"}),
    "gates": frozenset({"channels.messenger.graph", "store.conditions", "store.table"}),
    "ways": frozenset({"channels.web.line"}),
    "below the rim": frozenset({"channels.web.broadcast", "store.refusals", "store.spend", "store.turns"}),
    "rim": frozenset(
        {
            "channels.by_channel",
            "channels.messenger.page",
            "channels.messenger.probe",
            "channels.messenger.sender",
            "channels.web.connections",
            "channels.web.sender",
            "channels.web.oidc",
            "models.openai",
            "notify",
            "secrets",
            "store.alerts",
            "store.deletions",
            "store.inbox",
            "store.keys",
            "store.people",
            "store.sockets",
            "store.tickets",
            "store.transcript",
            "wake",
        }
    ),
    "parts": frozenset({"admission", "answers", "doorstep", "owner", "setup", "terms"}),
    "turns": frozenset({"turns"}),
    "flow": frozenset(
        {"admin", "checkup", "heartbeat", "intake", "keyring", "privacy", "reception", "visitors", "worker"}
    ),
    "wiring": frozenset({"bootstrap"}),
    "wiring of the web": frozenset({"bootstrap_web"}),
    "below the doors": frozenset({"plain"}),
    "doors": frozenset({"doors_chat", "doors_privacy", "doors_web"}),
    "app": frozenset({"app"}),
}
"""From the bottom up. A module imports only from layers below its own: within a layer nobody knows anybody.

`decisions` are rules made of rules, `gates` the one way out to a service, `ways` lead there for one client each,
`below the rim` what adapters share, `parts` what several stories share.
"""
LEVEL: Final = {name: level for level, names in enumerate(LAYERS.values()) for name in names}
TOUCH_THE_WORLD: Final = LAYERS["gates"] | LAYERS["ways"] | LAYERS["below the rim"] | LAYERS["rim"]
PURE: Final = LAYERS["words"] | LAYERS["more words"] | LAYERS["rules"] | LAYERS["decisions"] | LAYERS["ports"]
STORIES: Final = LAYERS["parts"] | LAYERS["turns"] | LAYERS["flow"]

FOREIGN: Final = {
    "boto3": TOUCH_THE_WORLD | {"bootstrap"},
    "botocore": TOUCH_THE_WORLD | {"bootstrap"},
    "mypy_boto3_apigatewaymanagementapi": TOUCH_THE_WORLD | {"bootstrap"},
    "mypy_boto3_dynamodb": TOUCH_THE_WORLD,
    "mypy_boto3_lambda": TOUCH_THE_WORLD,
    "mypy_boto3_sns": TOUCH_THE_WORLD,
    "mypy_boto3_sqs": TOUCH_THE_WORLD,
    "mypy_boto3_ssm": TOUCH_THE_WORLD,
    "chalice": {"app", "plain", "doors_chat", "doors_privacy", "doors_web"},
    "jwt": {"channels.web.oidc", "channels.web.ticket"},
    "requests": {"channels.messenger.graph", "channels.messenger.probe", "channels.web.oidc"},
    "openai": {"models.openai", "bootstrap"},
    "httpx2": {"models.openai"},
}
"""Who may import what is not ours."""
OUTSIDE: Final = {"os", "random", "secrets", "socket", "subprocess", "tempfile", "threading", "time", "urllib", "uuid"}
"""Of the standard library: what has a state, a clock, chance or a way out."""
HARMLESS: Final = {"urllib.parse"}
"""Parts of those that only read."""
OF_THE_OWNERS: Final = {("keyring", "localhost")}
"""Where an owner's own page is tried out."""

ALL: Final = [module for module in modules() if not module.is_package]


def test_every_module_has_a_layer():
    homeless = sorted({module.name for module in ALL} - LEVEL.keys())
    assert homeless == [], f"give {homeless} a layer: put them into LAYERS in this file, as low as their imports allow"


def test_every_name_in_the_table_is_a_module():
    gone = sorted(LEVEL.keys() - {module.name for module in ALL})
    assert gone == [], f"{gone} are no modules any more: take them out of LAYERS in this file"


def test_imports_point_only_downwards():
    upward = [
        (module.name, name) for module in ALL for name in sorted(module.imported_own()) if not _below(module, name)
    ]
    assert upward == [], (
        "of each pair, the first may only import from layers below its own, and the second is not there"
    )


def test_packages_are_only_names():
    speaking = [module.name for module in modules() if module.is_package and len(module.tree.body) > 1]
    assert speaking == [], "an __init__ holds a docstring and nothing else"


def test_stories_are_told_in_ports_and_know_no_adapter():
    known = {module.name: module.imported_own() & TOUCH_THE_WORLD for module in ALL if module.name in STORIES}
    assert {name: adapters for name, adapters in known.items() if adapters} == {}


def test_the_doors_know_the_wiring_and_the_words_and_nothing_between():
    words = LAYERS["words"] | LAYERS["more words"]
    wiring = LAYERS["wiring"] | LAYERS["wiring of the web"] | LAYERS["below the doors"]
    doors = {module.name: module.imported_own() - words for module in ALL if module.name in LAYERS["doors"] | {"app"}}
    assert {name: known - wiring - LAYERS["doors"] for name, known in doors.items()} == {key: set() for key in doors}


def test_what_is_not_ours_is_imported_only_where_it_belongs():
    misplaced = [
        (module.name, name)
        for module in ALL
        for name in sorted(module.imported_foreign() - sys.stdlib_module_names)
        if module.name not in FOREIGN.get(name, set())
    ]
    assert misplaced == [], "FOREIGN in this file says who may import what: of each pair, the first may not"


def test_only_the_settings_and_the_wiring_look_at_the_environment():
    looking = {module.name for module in ALL if module.attributes() & {"environ", "getenv", "environb"}}
    assert looking <= {"settings", "bootstrap"}


def test_rules_and_stories_are_told_the_time_and_have_no_way_out():
    judged = [module for module in ALL if module.name in PURE | STORIES]
    assert len(judged) == len(PURE | STORIES)
    outside = {module.name: _packages(module) & OUTSIDE for module in judged}
    clocks = {module.name: module.called() & {"now", "today", "utcnow", "localtime"} for module in judged}
    assert {name: found for name, found in outside.items() if found} == {}
    assert {name: found for name, found in clocks.items() if found} == {}


def _below(module: Module, name: str) -> bool:
    """Whether a name is of a layer below the module's; what has no layer is another test's matter."""
    level = LEVEL.get(module.name, 0)
    return LEVEL.get(name, level) < level


def _packages(module: Module) -> set[str]:
    return {full.partition(".")[0] for full in module.imported() if full not in HARMLESS}


def test_the_scripts_know_each_other_in_one_direction():
    """The commands know the deployment and the prices, those know places; the world knows nobody, and nobody knows it
    but the commands that read its options.
    """
    knows = {
        "bench": {"deploy", "place", "world"},
        "cli": {"deploy", "place", "prices", "world"},
        "deploy": {"place"},
        "place": set[str](),
        "prices": set[str](),
        "world": set[str](),
    }
    for folder, known in knows.items():
        for path in (ROOT / "scripts" / folder).rglob("*.py"):
            imported = set(re.findall(r"from scripts\.(\w+)", path.read_text()))
            assert imported <= known | {folder}, path


def test_the_product_knows_nothing_of_the_local_world():
    knowing = [
        (module.name, word)
        for module in ALL
        for word in ("localhost", "127.0.0.1", "0.0.0.0", "demo", "ministack", "moto")
        if word in module.source.lower() and (module.name, word) not in OF_THE_OWNERS
    ]
    assert knowing == []
    assert [module.name for module in ALL if module.imported_foreign() & {"scripts", "tests"}] == []
