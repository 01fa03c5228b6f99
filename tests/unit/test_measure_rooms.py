"""The import graph is counted as the script's docstring says, on small packages made for these tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts.measure import rooms
from scripts.measure.source import Module, modules

Made = Callable[[dict[str, str]], tuple[Module, ...]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Writes files of a package `product`, with an `__init__` in each folder, and reads them."""

    def make(files: dict[str, str]) -> tuple[Module, ...]:
        for name, source in {"product/__init__.py": '"""A product."""\n', **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        for folder in {path.parent for path in tmp_path.glob("product/**/*.py")}:
            (folder / "__init__.py").touch()
        return modules(tmp_path / "product")

    return make


def test_packages_sub_packages_and_the_ground_are_rooms(made: Made):
    read = made(
        {
            "app.py": "from product.routes import chat\n",
            "product/routes/chat.py": "from product.channels.web import handler\n",
            "product/channels/text.py": "import product.log\n",
            "product/channels/web/handler.py": "from product.channels.text import split\nfrom product import errors\n",
            "product/log.py": "from product import errors\n",
            "product/errors.py": "import json\n",
        }
    )
    graph = rooms.graph(read)
    assert graph.arrows == {
        "app": {"routes"},
        "routes": {"channels.web"},
        "channels": {"ground"},
        "channels.web": {"channels", "ground"},
        "ground": set(),
    }
    assert graph.count == 5
    assert graph.sizes == {"app": 1, "routes": 1, "channels": 1, "channels.web": 1, "ground": 2}
    assert graph.floors() == {"ground": 1, "channels": 2, "channels.web": 3, "routes": 4, "app": 5}
    assert graph.cycles() == []


def test_a_flat_package_has_a_room_for_each_module(made: Made):
    read = made({"product/worker.py": "from product.turns import run\n", "product/turns.py": ""})
    assert rooms.graph(read).floors() == {"turns": 1, "worker": 2}


def test_every_module_can_be_counted_as_a_room(made: Made):
    read = made({"product/log.py": "from product import errors\n", "product/errors.py": ""})
    assert rooms.graph(read, rooms.each_module).floors() == {"errors": 1, "log": 2}


def test_imports_inside_functions_and_for_types_count(made: Made):
    late = "def run():\n    from product.turns import run\n"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from product import ports\n"
    read = made({"product/worker.py": late, "product/turns.py": typed, "product/ports.py": ""})
    assert rooms.graph(read).floors() == {"ports": 1, "turns": 2, "worker": 3}


def test_rooms_of_a_cycle_are_named_and_share_a_floor(made: Made):
    read = made(
        {
            "product/a.py": "from product import b\n",
            "product/b.py": "from product import c\n",
            "product/c.py": "from product import a, d\n",
            "product/d.py": "",
            "product/e.py": "from product import a\n",
        }
    )
    graph = rooms.graph(read)
    assert graph.cycles() == [("a", "b", "c")]
    assert graph.floors() == {"d": 1, "a": 2, "b": 2, "c": 2, "e": 3}


def test_inside_a_package_its_modules_and_sub_packages_are_the_rooms(made: Made):
    read = made(
        {
            "product/channels/router.py": "from product.channels.web import sender\nfrom product import errors\n",
            "product/channels/web/sender.py": "from product.channels.web import writer\n",
            "product/channels/web/writer.py": "",
            "product/errors.py": "",
        }
    )
    assert rooms.graph(read, rooms.inside("channels")).floors() == {"web": 1, "router": 2}
    assert rooms.graph(read, rooms.inside("channels.web")).floors() == {"writer": 1, "sender": 2}
    assert rooms.graph(read, rooms.inside("ground")).floors() == {"errors": 1}


def test_an_arrow_upwards_is_found_with_its_file_and_line(made: Made):
    read = made(
        {
            "product/access/quota.py": "import json\nfrom product.conversation.turn import Turn\n",
            "product/conversation/turn.py": "from product.access import key\n",
            "product/access/key.py": "",
        }
    )
    [arrow] = rooms.upwards(read)
    assert str(arrow) == "product/access/quota.py:2: access.quota imports conversation.turn"


def test_a_package_itself_can_be_imported_upwards_and_can_import(made: Made):
    read = made({"product/access/__init__.py": "from product import routes\n", "product/routes/chat.py": ""})
    assert [arrow.imported for arrow in rooms.upwards(read)] == ["routes.__init__"]


def test_adapters_that_import_each_other_are_found_and_their_own_parts_are_not(made: Made):
    read = made(
        {
            "product/llm/openai.py": "from product.aws import wake\n",
            "product/aws/wake.py": "from product.aws.dynamodb import table\n",
            "product/aws/dynamodb/table.py": "",
        }
    )
    assert [(arrow.importer, arrow.imported) for arrow in rooms.between_adapters(read)] == [("llm.openai", "aws.wake")]
    assert rooms.upwards(read) == []


def test_packages_without_a_row_are_listed(made: Made):
    read = made({"product/helpers/a.py": "", "product/log.py": "", "product/stray.py": ""})
    assert rooms.without_row(read) == ["helpers", "stray"]


def test_the_command_prints_80_columns_and_the_same_each_time(made: Made, tmp_path: Path):
    names = [f"llm.part{number}" for number in range(30)]
    files = {f"product/{name.replace('.', '/')}.py": "" for name in names}
    made({**files, "product/bootstrap/api.py": "".join(f"import product.{name}\n" for name in names)})
    runs = [CliRunner().invoke(rooms.rooms, ["--root", str(tmp_path / "product"), "--modules"]) for _ in range(2)]
    assert runs[0].exit_code == 0
    assert runs[0].output == runs[1].output
    lines = runs[0].output.splitlines()
    assert lines[0] == "rooms: 31, floors: 2, arrows: 30"
    assert max(map(len, lines)) <= 80
    assert "arrows upwards: none" in lines


def test_an_unknown_package_is_refused(made: Made, tmp_path: Path):
    made({"product/log.py": ""})
    result = CliRunner().invoke(rooms.rooms, ["--root", str(tmp_path / "product"), "--inside", "nothing"])
    assert result.exit_code == 2
    assert "product has no package nothing with modules in it" in result.output


def test_a_relative_import_is_refused(made: Made):
    with pytest.raises(ValueError, match=r"product/a\.py:1: relative import; write the full name"):
        rooms.graph(made({"product/a.py": "from . import b\n", "product/b.py": ""}))
