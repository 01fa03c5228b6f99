"""`docs/openapi.yaml` as tests read it: its operations, with what they take and answer, and no `$ref` in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.json_references import at

PLACE: Final = Path(__file__).parents[1] / "docs" / "openapi.yaml"
DOCUMENT: Final[Mapping[str, Any]] = yaml.safe_load(PLACE.read_text())
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    path: str
    method: str
    """In capitals."""
    values: Mapping[str, Any]
    of_path: Sequence[Mapping[str, Any]]
    """The parameters of all methods of the path."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> Sequence[Mapping[str, Any]]:
        return [resolved(each) for each in (*self.of_path, *self.values.get("parameters", ()))]

    def named(self, place: str) -> list[str]:
        """The names of the parameters in one place, such as `query`."""
        return [each["name"] for each in self.parameters if each["in"] == place]

    @property
    def content_types(self) -> list[str]:
        return list(resolved(self.values.get("requestBody", {})).get("content", {}))

    @property
    def schemes(self) -> set[str]:
        """The ways to authenticate; one of them is enough."""
        return {scheme for choice in self.values.get("security", ()) for scheme in choice}

    @property
    def tag(self) -> str:
        [tag] = self.values["tags"]
        return str(tag)


def resolved(part: Any) -> Any:
    """Follow the reference that a part is; any other part is returned as it is."""
    while isinstance(part, dict) and "$ref" in part:
        part = at(DOCUMENT, part["$ref"])
    return part


OPERATIONS: Final = {
    (path, method.upper()): Operation(path, method.upper(), item[method], item.get("parameters", ()))
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS
    if method in item
}
