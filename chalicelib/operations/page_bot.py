"""The view of the bot on the owner's page: its health, the browsers that are signed in, keys and settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.access.api_key import ApiKey
from chalicelib.access.invites import Invite, Invites, InviteState
from chalicelib.access.invites import state as invite_state
from chalicelib.access.owner_session_ports import OwnerSessions
from chalicelib.access.pauses import Pauses
from chalicelib.content import owner_format
from chalicelib.content.owner_html import Html, fill, html, joined
from chalicelib.content.page import HtmlPage
from chalicelib.ids import Channel
from chalicelib.operations.findings import Checkup, Severity
from chalicelib.operations.owner_view import View
from chalicelib.operations.ports import Checkups
from chalicelib.settings.stage import Settings


@dataclass(frozen=True)
class BotView:
    """Draws the view. Raises StoreError."""

    sessions: OwnerSessions
    pauses: Pauses
    checkups: Checkups
    invites: Invites
    settings: Settings

    def page(self, view: View, keys: Sequence[ApiKey]) -> HtmlPage:
        """Draw the bot as it is."""
        words, settings = view.words, self.settings
        names = [words.named(channel.value) for channel in Channel if channel in settings.stage.channels]
        channels = words("and", first=names[0], second=names[1]) if len(names) > 1 else names[0]
        lead = words("bot_lead", channels=channels, model=settings.model.name)
        is_paused = self.pauses.until() > view.now
        body = fill(
            "bot",
            words,
            up=view.up,
            bot=view.bot,
            lead=words("bot_paused") if is_paused else lead,
            health=_health(view, self.checkups.last()),
            browsers=self._browsers(view),
            keys=_keys(view, keys),
            invites=_invites(view, list(self.invites.list())),
            settings=_settings(view, settings),
        )
        return view.page("bot", body, title=words("tab_bot"))

    def _browsers(self, view: View) -> Html:
        own, words = view.visit.session.id, view.words
        rows = "".join(
            f"<li><strong>{html(words('browser_this' if each.id == own else 'browser_other'))}</strong>"
            f'<span class="soft">'
            f"{html(words('browser_used', used=view.ago(each.used_at), began=view.ago(each.began_at)))}</span></li>"
            for each in self.sessions.all(now=view.now)
        )
        return fill("browsers", words, up=view.up, rows=Html(rows), form=view.visit.form_code)


def _health(view: View, checkup: Checkup | None) -> Html:
    words = view.words
    if checkup is None:
        return Html(f'<p class="soft">{html(words("health_none"))}</p>')
    seen = Html(f'<p class="small">{html(words("health_seen", ago=view.ago(checkup.at)))}</p>')
    faults = [finding for finding in checkup.findings if finding.state is not Severity.OK]
    if not faults:
        return joined([Html(f'<p class="well">{html(words("health_ok"))}</p>'), seen])
    rows = (
        fill("finding", words, state=each.state.value, what=each.what, why=each.why, remedy=each.remedy)
        for each in faults
    )
    return joined([Html('<ul class="findings">'), *rows, Html("</ul>"), seen])


def _keys(view: View, keys: Sequence[ApiKey]) -> Html:
    newest = sorted(keys, key=lambda key: (not key.is_valid(now=view.now), -key.created_at))
    return _listed(view, [_key_row(view, key) for key in newest], none="no_keys")


def _key_row(view: View, key: ApiKey) -> tuple[str, str, str, str]:
    about = view.words("key_about", persona=key.persona, used=_used(view, key))
    return key.name, key.id, about, _state(view, key)


def _invites(view: View, invites: Sequence[Invite]) -> Html:
    def order(invite: Invite) -> tuple[bool, int]:
        return invite_state(invite, now=view.now) is not InviteState.OPEN, -invite.created_at

    return _listed(view, [_invite_row(view, each) for each in sorted(invites, key=order)], none="no_invites")


def _invite_row(view: View, invite: Invite) -> tuple[str, str, str, str]:
    words, now = view.words, view.now
    state = invite_state(invite, now=now)
    until = owner_format.date(invite.expires_at, now=now, zone=view.zone, words=words)
    said = words("key_until", date=until) if state is InviteState.OPEN else words(f"invite_{state.name.lower()}")
    return invite.name, invite.id, words("invite_about", used=invite.used, uses=invite.uses), said


def _listed(view: View, rows: Sequence[tuple[str, str, str, str]], *, none: str) -> Html:
    """Draw a list whose rows have a name, an id, what there is to say, and a state."""
    if not rows:
        return Html(f'<p class="soft">{html(view.words(none))}</p>')
    names = ("name", "id", "about", "state")
    drawn = joined(fill("key_row", view.words, **dict(zip(names, row, strict=True))) for row in rows)
    return Html(f'<ul class="keys">{drawn.text}</ul>')


def _used(view: View, key: ApiKey) -> str:
    used = view.words.number(key.used)
    if key.max_messages is None:
        return used
    return view.words("key_used_of", used=used, most=view.words.number(key.max_messages))


def _state(view: View, key: ApiKey) -> str:
    if key.revoked_at is not None:
        return view.words("key_revoked")
    if not key.is_valid(now=view.now):
        return view.words("key_expired")
    if key.expires_at is None:
        return view.words("key_valid")
    until = owner_format.date(key.expires_at, now=view.now, zone=view.zone, words=view.words)
    return view.words("key_until", date=until)


def _settings(view: View, settings: Settings) -> Html:
    words, limits = view.words, settings.limits
    days = settings.privacy.keep_days
    values: Mapping[str, str] = {
        "model": settings.model.name,
        "models": ", ".join(settings.choice.listed),
        "daily_limit": view.words.number(limits.daily_limit),
        "budget": words.coarse(limits.daily_budget),
        "month_budget": "" if limits.monthly_budget is None else words.coarse(limits.monthly_budget),
        "share": f"{limits.person_share * 100:.0f} %",
        "messenger_persona": settings.messenger.persona if settings.stage.channels.messenger else "",
        "web_persona": settings.web.persona if settings.stage.channels.web else "",
        "offered": ", ".join(settings.personas_offered),
        "keep": words.count("setting_keep_days", days) if days else words("setting_keep_hour"),
        "zone": limits.zone.key,
        "answer": words("setting_answer_s", n=limits.answer_s),
        "workers": view.words.number(limits.workers),
        "sign_in": settings.web.sign_in.issuer if settings.web.sign_in else "",
    }
    return joined(
        fill("fact", words, name=words(f"setting_{name}"), value=value or words("none"))
        for name, value in values.items()
    )
