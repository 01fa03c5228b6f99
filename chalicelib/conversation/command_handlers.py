"""What each command does: one handler and one row in HANDLERS for each. Questions are not handled here."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.access import identity
from chalicelib.access.entitlements import EntitlementService
from chalicelib.access.ports import People
from chalicelib.content.persona import Persona
from chalicelib.conversation import language_command
from chalicelib.conversation.commands import Command, argument_of
from chalicelib.conversation.data_commands import DataCommands
from chalicelib.conversation.forgetting import Forgetting
from chalicelib.conversation.human_command import HumanCommand
from chalicelib.conversation.invite_command import InviteCommand
from chalicelib.conversation.memory_commands import MemoryCommands
from chalicelib.conversation.notices import Notices
from chalicelib.conversation.pairing_command import PairingCommand
from chalicelib.conversation.turn import Choice, Reply
from chalicelib.conversation.turn_context import TurnContext

LONGEST_TITLE: Final = 20
"""Characters of a button's title on Messenger."""


@dataclass(frozen=True)
class CommandResult:
    """What a command leads to."""

    reply: Reply
    forget_before: int | None = None
    """Hides all earlier turns from the model, as in `Inbox.record`; None hides none."""
    drops_summary: bool = False
    """As in `Record`."""


@dataclass(frozen=True)
class Commands:
    """Runs commands."""

    people: People
    forgetting: Forgetting
    notices: Notices
    entitlements: EntitlementService
    memory: MemoryCommands
    pairing: PairingCommand
    human: HumanCommand
    invite: InviteCommand
    data: DataCommands

    def run(self, command: Command, context: TurnContext) -> CommandResult:
        """Run the command's handler; its reply has the code `command`. Raises StoreError."""
        result = HANDLERS[command](self, context)
        return replace(result, reply=replace(result.reply, code="command"))


Handler = Callable[[Commands, TurnContext], CommandResult]


def _only_replies(find: Callable[[Commands], Callable[[TurnContext], Reply]]) -> Handler:
    """Return the handler of a command that leads to a reply alone; `find` returns what composes the reply."""
    return lambda commands, context: CommandResult(find(commands)(context))


def _help(commands: Commands, context: TurnContext) -> CommandResult:
    known = commands.notices.say("help")
    texts, in_room = commands.notices.texts, identity.is_room(context.turn.conversation)
    more = [texts("help_persona")] if _offered(commands, context) else []
    more += [texts("owner_help")] if context.person.is_owner and not in_room else []
    return CommandResult(replace(known, text="\n".join((known.text, *more))))


def _invite(commands: Commands, context: TurnContext) -> CommandResult:
    reply, is_other_persona = commands.invite.run(context)
    return CommandResult(reply, forget_before=context.turn.asked_at + 1 if is_other_persona else None)


def _reset(commands: Commands, context: TurnContext) -> CommandResult:
    """Hide the earlier turns. In a room the stored turn itself hides its person's: `history.after_own_resets`."""
    if identity.is_room(context.turn.conversation):
        return CommandResult(commands.notices.say("reset_room"), drops_summary=True)
    reply = commands.notices.say("reset")
    return CommandResult(reply, forget_before=context.turn.asked_at + 1, drops_summary=True)


def _persona(commands: Commands, context: TurnContext) -> CommandResult:
    """Change who answers, in a new conversation, or list between whom the person may choose."""
    named, texts = commands.entitlements.personas.named, commands.notices.texts
    offered = {name: named(name) for name in _offered(commands, context)}
    wanted = argument_of(context.turn.text)
    chosen = next((name for name, who in offered.items() if wanted in (name.lower(), who.name.lower())), None)
    if chosen:
        commands.people.choose(context.person.id, chosen, asked_at=context.turn.asked_at)
        changed = texts("persona_changed", name=offered[chosen].name)
        words = "\n\n".join(filter(None, (changed, offered[chosen].opening_in(context.language))))
        return CommandResult(Reply(words), forget_before=context.turn.asked_at + 1)
    if not offered:
        return CommandResult(Reply(texts("persona_fixed", name=context.persona.name)))
    choices = tuple(Choice(title, f"{Command.PERSONA.value} {name}") for name, title in titles(offered).items())
    return CommandResult(Reply(texts("persona_choose", name=context.persona.name), choices=choices))


def titles(offered: Mapping[str, Persona]) -> dict[str, str]:
    """Return a button's title for each persona: its name, and where several would read the same, its file's too."""
    titles = {name: shortened(who.name) for name, who in offered.items()}
    often = Counter(titles.values())
    return {name: title if often[title] == 1 else _told_apart(title, name) for name, title in titles.items()}


def _told_apart(title: str, file: str) -> str:
    both = f"{title}: {file}"
    return both if len(both) <= LONGEST_TITLE else shortened(file)


def _offered(commands: Commands, context: TurnContext) -> tuple[str, ...]:
    in_room = identity.is_room(context.turn.conversation)
    given = commands.entitlements.invited(context.person, context.entitlements)
    return () if in_room else commands.entitlements.offered_to(given)


def shortened(title: str) -> str:
    """Return the title of a button, as long as Messenger takes it."""
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"


def _language(commands: Commands, context: TurnContext) -> CommandResult:
    return CommandResult(language_command.chosen(commands.people, commands.notices.texts, context))


def _ask_to_forget(commands: Commands, _: TurnContext) -> CommandResult:
    texts = commands.notices.texts
    yes = Choice(texts("forget_yes"), Command.FORGET_CONFIRMED.value)
    no = Choice(texts("forget_no"), Command.FORGET_CANCELLED.value)
    return CommandResult(Reply(texts("forget_ask"), choices=(yes, no)))


def _forget(commands: Commands, context: TurnContext) -> CommandResult:
    turn = context.turn
    commands.forgetting.forget(context.person, asked_at=turn.asked_at, here=turn.conversation)
    return CommandResult(commands.notices.forgotten(context))


def _keep(commands: Commands, _: TurnContext) -> CommandResult:
    return CommandResult(commands.notices.say("forget_cancelled"))


def _memory_on(commands: Commands, context: TurnContext) -> CommandResult:
    return CommandResult(commands.memory.switch(context, on=True))


def _memory_off(commands: Commands, context: TurnContext) -> CommandResult:
    """Switch it off, and delete the summary of the person's conversation; that of a room is not theirs alone."""
    is_own = not identity.is_room(context.turn.conversation)
    return CommandResult(commands.memory.switch(context, on=False), drops_summary=is_own)


HANDLERS: Final[Mapping[Command, Handler]] = {
    Command.START: _only_replies(lambda commands: commands.notices.welcome),
    Command.HELP: _help,
    Command.INVITE: _invite,
    Command.RESET: _reset,
    Command.USAGE: _only_replies(lambda commands: commands.notices.usage),
    Command.PERSONA: _persona,
    Command.LANGUAGE: _language,
    Command.FORGET: _ask_to_forget,
    Command.FORGET_CONFIRMED: _forget,
    Command.FORGET_CANCELLED: _keep,
    Command.FORGET_FACT: _only_replies(lambda commands: commands.memory.forget),
    Command.REMEMBER: _only_replies(lambda commands: commands.memory.remember),
    Command.MEMORY: _only_replies(lambda commands: commands.memory.show),
    Command.MEMORY_OFF: _memory_off,
    Command.HUMAN: _only_replies(lambda commands: commands.human.run),
    Command.OWNER: _only_replies(lambda commands: commands.pairing.run),
    Command.PRIVACY: _only_replies(lambda commands: commands.data.privacy),
    Command.EXPORT: _only_replies(lambda commands: commands.data.export),
    Command.MEMORY_ON: _memory_on,
    Command.MEMORY_YES: _only_replies(lambda commands: commands.memory.agree),
}
