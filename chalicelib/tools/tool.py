"""Makes a tool of a typed function: its signature says what the model may choose, its docstring what it does."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Protocol, get_args, get_origin, get_type_hints, overload

from chalicelib.conversation.tool import ToolSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

Function = Callable[..., str]


class ToolFailed(Exception):
    """The tool could not do what it was called for; the message tells the model why."""


class WrongArguments(Exception):
    """The model's arguments are not valid; the message tells the model what is wrong."""


class MakesTool(Protocol):
    """Makes a tool of a function."""

    def __call__(self, function: Function, /) -> "Tool": ...


@dataclass(frozen=True)
class Tool:
    """A function that the model may call. Other code can call it like the function."""

    function: Function
    writes: bool = False
    """Whether it changes something outside of the conversation."""
    repeatable: bool = False
    """Whether calls with the same `Caller.key` change no more than one of them."""

    def __post_init__(self) -> None:
        for name, hint in self._chosen():
            kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
            if is_dataclass(kind) or getattr(kind, "_is_protocol", False):
                raise TypeError(f"the model would choose {name} of {self.name}: put it behind the * of the signature")

    def __call__(self, *arguments: Any, **named: Any) -> str:
        """Call the function."""
        return self.function(*arguments, **named)

    @property
    def name(self) -> str:
        """The name under which the model calls it."""
        return self.function.__name__

    @cached_property
    def spec(self) -> ToolSpec:
        """What the model is told of it."""
        schema = {name: value for name, value in self._arguments.model_json_schema().items() if name != "title"}
        schema["properties"] = {name: _untitled(field) for name, field in schema.get("properties", {}).items()}
        return ToolSpec(self.name, inspect.getdoc(self.function) or "", schema)

    @cached_property
    def injected(self) -> Mapping[str, type]:
        """The types of the parameters that the model does not choose, by name: those behind the `*`."""
        return {name: self._hints[name] for name, kind in self._parameters if kind.kind is kind.KEYWORD_ONLY}

    def parse(self, arguments: str) -> Mapping[str, Any]:
        """Return the arguments that the model wrote as JSON. Raises WrongArguments."""
        from pydantic import ValidationError  # noqa: PLC0415 (only personas with tools need it)

        try:
            found = self._arguments.model_validate_json(arguments.strip() or "{}")
        except ValidationError as exc:
            wrong = exc.errors(include_url=False, include_context=False, include_input=False)
            raise WrongArguments("; ".join(f"{_path(error['loc'])}{error['msg']}" for error in wrong[:5])) from None
        except ValueError:
            raise WrongArguments("the arguments are no valid JSON") from None
        return {name: getattr(found, name) for name, _ in self._chosen()}

    @cached_property
    def _arguments(self) -> "type[BaseModel]":
        from pydantic import ConfigDict, create_model  # noqa: PLC0415 (only personas with tools need it)

        defaults = {name: kind.default for name, kind in self._parameters}
        fields: dict[str, Any] = {
            name: (hint, ... if defaults[name] is inspect.Parameter.empty else defaults[name])
            for name, hint in self._chosen()
        }
        return create_model(self.name, __config__=ConfigDict(extra="forbid"), **fields)

    def _chosen(self) -> Iterator[tuple[str, Any]]:
        """Yield the parameters that the model chooses, with their types."""
        for name, kind in self._parameters:
            if kind.kind is not kind.KEYWORD_ONLY:
                yield name, self._hints[name]

    @cached_property
    def _parameters(self) -> list[tuple[str, inspect.Parameter]]:
        return list(inspect.signature(self.function).parameters.items())

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)


@overload
def tool(function: Function, /) -> Tool: ...
@overload
def tool(*, writes: bool = ..., repeatable: bool = ...) -> MakesTool: ...
def tool(function: Function | None = None, /, *, writes: bool = False, repeatable: bool = False) -> Tool | MakesTool:
    """Make a tool of a function. Its parameters before a `*` are chosen by the model; those behind it are injected.

    The model is told the docstring, and of each parameter its type and what `Annotated[..., Field(description=…)]`
    says. The function returns text for the model, or raises ToolFailed with a reason for the model. A tool that
    `writes` is never run twice for one call, unless it is `repeatable`.
    """
    if function is not None:
        return Tool(function)
    return lambda function, /: Tool(function, writes, repeatable)


def _untitled(field: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in field.items() if name != "title"}


def _path(place: tuple[int | str, ...]) -> str:
    return f"{'.'.join(map(str, place))}: " if place else ""
