"""The tools of a deployment by name, and how a call is run: in a thread, so that one that hangs holds up nobody."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.conversation.tool import NO_SUCH_TOOL, ToolCall, ToolResult, ToolSpec
from chalicelib.conversation.tool_ports import Caller, Prepared
from chalicelib.errors import ConfigError
from chalicelib.tools.in_time import in_time
from chalicelib.tools.tool import Tool, ToolFailed, WrongArguments

_FAILED: Final = "The tool failed, and the reason is not known. It may have done a part of its work."
_TOO_LONG: Final = "The tool takes too long. It is not known whether it did its work."


@dataclass(frozen=True)
class PreparedCall:
    """`conversation.tool_ports.Prepared`."""

    tool: Tool
    arguments: Mapping[str, Any]
    services: Mapping[type, object]
    report: Callable[[BaseException], None]

    @property
    def writes(self) -> bool:
        return self.tool.writes

    @property
    def may_be_repeated(self) -> bool:
        return self.tool.repeatable or not self.tool.writes

    def run(self, caller: Caller) -> ToolResult:
        context = copy_context()
        try:
            return in_time(lambda: context.run(self._run, caller), seconds=caller.seconds)
        except TimeoutError:
            return ToolResult(_TOO_LONG, is_error=True)

    def _run(self, caller: Caller) -> ToolResult:
        known = {**self.services, Caller: caller}
        try:
            text: object = self.tool(**self.arguments, **{n: known[kind] for n, kind in self.tool.injected.items()})
            if not isinstance(text, str):
                raise TypeError(f"{self.tool.name} must return text")  # noqa: TRY301 (reported like all that it raises)
            return ToolResult(text)
        except ToolFailed as exc:
            return ToolResult(str(exc), is_error=True)
        except BaseException as exc:  # noqa: BLE001 (whatever a tool raises, the model goes on without it)
            self.report(exc)
            return ToolResult(_FAILED, is_error=True)


@dataclass(frozen=True)
class FunctionTools:
    """`conversation.tool_ports.Toolbox` of functions. `services` are the values of injected parameters, by type."""

    tools: Sequence[Tool]
    services: Mapping[type, object]
    report: Callable[[BaseException], None]
    """Logs what a tool raises."""

    def specs(self, names: Sequence[str]) -> tuple[ToolSpec, ...]:
        found = {tool.name: tool for tool in self.tools}
        for name in names:
            if name not in found:
                self.report(ConfigError(f"the persona names a tool that does not exist: {name}"))
        return tuple(found[name].spec for name in names if name in found)

    def prepare(self, call: ToolCall) -> Prepared | ToolResult:
        found = next((tool for tool in self.tools if tool.name == call.name), None)
        if found is None:
            return NO_SUCH_TOOL
        try:
            return PreparedCall(found, found.parse(call.arguments), self.services, self.report)
        except WrongArguments as exc:
            return ToolResult(f"The arguments are wrong: {exc}", is_error=True)
