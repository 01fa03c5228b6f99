"""Says what open keys mean for the bill: all who know the id of one may ask the model, and the owner pays."""

from collections.abc import Iterator, Sequence

from chalicelib.access.api_key import ApiKey
from chalicelib.operations.findings import Finding, deploy_command
from chalicelib.settings.stage import WebSettings

_COSTLY = "each client is a new visitor, so only the key's total bounds them: strangers can use up {most}"
_ADMITS = "PARLEY_OPEN_KEY admits all who find the address, also without a key"


def findings(
    keys: Sequence[ApiKey], web: WebSettings, *, dollars_a_day: str | None, stage: str, now: int
) -> Iterator[Finding]:
    """Yield a finding for each open key that is valid at `now`, and for the settings that say who may connect.

    `dollars_a_day` is the most that the web chat's questions may cost; None if the bot does not know the model's price.
    """
    unlimited = "whatever the model costs, of which the bot knows no price"
    most = unlimited if dollars_a_day is None else f"the {dollars_a_day} USD a day that the web chat may cost"
    is_open = {key.id: key for key in keys if key.is_open and key.is_valid(now=now)}
    for key in is_open.values():
        yield _of_key(key, most=most, stage=stage)
    if web.open_key:
        yield _of_address(web.open_key, is_valid=web.open_key in is_open, stage=stage)
    if web.only_by_address:
        what = "PARLEY_WEB_AUTHENTICATE is handshake: programs connect, the chat page and the widget cannot"
        yield Finding.ok("handshake", what)


def _of_key(key: ApiKey, *, most: str, stage: str) -> Finding:
    name, what = f"open-key-{key.id}", f"all who know the id of {key.name} may ask"
    if key.max_messages is not None:
        return Finding.ok(name, f"{what}; {key.left} of {key.max_messages} questions are left")
    remedy = (
        f"create another with --max-messages, then scripts/parley keys revoke {key.id} --stage {stage}; "
        "set a spending limit at the model's provider"
    )
    return Finding.warning(name, f"{what} without end", _COSTLY.format(most=most), remedy)


def _of_address(open_key: str, *, is_valid: bool, stage: str) -> Finding:
    if is_valid:
        return Finding.ok("open-address", f"{_ADMITS}, at the cost of {open_key}")
    return Finding.broken(
        "open-address",
        f"PARLEY_OPEN_KEY is {open_key}, which is not the id of an open key that is valid",
        "clients whose address names no key get an error",
        f"set it to one of scripts/parley keys list --stage {stage}, or remove it; then {deploy_command(stage)}",
    )
