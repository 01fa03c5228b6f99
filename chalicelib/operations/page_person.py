"""The view of one person on the owner's page: use, the owner's decision, and, only when asked for, their words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.access import handles
from chalicelib.access.ledger import MonthUse, month_of
from chalicelib.access.person import Access, Person
from chalicelib.content import plots
from chalicelib.content.owner_face import face
from chalicelib.content.owner_html import Html, fill, html, joined
from chalicelib.content.page import HtmlPage
from chalicelib.content.plots import Column, Plot
from chalicelib.conversation.turn import Turn
from chalicelib.errors import UnknownPerson
from chalicelib.ids import KeyId
from chalicelib.log import Log
from chalicelib.operations.admin import MAX_LIMIT, Admin, Standing, limit_in
from chalicelib.operations.owner_view import View, page_name

MONTHS: Final = 12
MOST_TURNS: Final = 40
"""Messages that are shown, the last ones."""
_LIMITED: Final = "limited"


@dataclass(frozen=True)
class PersonView:
    """Draws the view, and decides. All methods raise StoreError, and UnknownPerson for a name of no person's page."""

    admin: Admin
    log: Log

    def page(self, view: View, keys: Mapping[KeyId, str], name: str, *, said: str = "") -> HtmlPage:
        """Draw a person; `said` is the name of a text about what was done before."""
        standing = self._found(name)
        return self._page(view, keys, standing, _asking(view, standing), said=said)

    def decide(self, name: str, fields: Mapping[str, str]) -> str:
        """Carry out the decision in a form, and return the name of the text that says what was done."""
        standing = self._found(name)
        person, choice = standing.person, fields.get("access", "")
        limit = limit_in(fields.get("limit", "")) if choice == _LIMITED else 0
        if person.is_owner or limit is None:
            return "wrong_number"
        choices: Mapping[str, Callable[[], object]] = {
            Access.UNLIMITED.value: lambda: self.admin.allow(person.id),
            Access.BLOCKED.value: lambda: self.admin.block(person.id),
            _LIMITED: lambda: self.admin.limit(person.id, limit),
            **({Access.DEFAULT.value: lambda: self.admin.default(person.id)} if person.first_seen else {}),
        }
        if choice not in choices:
            return "wrong_number"
        choices[choice]()
        self.log("owner_page", outcome="decided", person=self.log.pseudonym(person.id), access=choice)
        return "saved"

    def read(self, view: View, keys: Mapping[KeyId, str], name: str) -> HtmlPage:
        """Draw a person with the last messages, and store that this owner reads them."""
        person = self._found(name).person
        turns = self.admin.read(person.id, by=view.visit.session.owner)
        self.log("owner_page", outcome="read", person=self.log.pseudonym(person.id))
        return self._page(view, keys, self.admin.standing(person.id), _words(view, turns))

    def _found(self, name: str) -> Standing:
        person = next((each for each in self.admin.ids() if page_name(each) == name), None)
        if person is None:
            raise UnknownPerson("there is no person with that page")
        return self.admin.standing(person)

    def _page(
        self, view: View, keys: Mapping[KeyId, str], standing: Standing, words: Html, *, said: str = ""
    ) -> HtmlPage:
        person = standing.person
        handle = handles.handle_of(person.id)
        done = f'<p class="done" role="status">{html(view.words(said, most=MAX_LIMIT))}</p>' if said else ""
        body = fill(
            "person",
            view.words,
            up=view.up,
            face=face(person.id, large=True),
            handle=handle,
            from_where=view.from_where(person.id, keys),
            badge=view.badge(person),
            done=Html(done),
            facts=_facts(view, standing),
            decide=self._decide(view, standing),
            months_plot=Html(plots.figure(_months_plot(view, person))),
            words=words,
        )
        return view.page("people", body, title=handle)

    def _decide(self, view: View, standing: Standing) -> Html:
        person = standing.person
        if person.is_owner:
            return Html(f'<p class="soft">{html(view.words("is_owner"))}</p>')
        usual = self.admin.usual_limit(person)
        notes = {
            Access.DEFAULT.value: view.words("option_default_none")
            if usual is None
            else view.words("option_default_note", limit=usual),
            _LIMITED: "",
            Access.UNLIMITED.value: view.words("option_unlimited_note"),
            Access.BLOCKED.value: view.words("option_blocked_note"),
        }
        if not person.first_seen:
            del notes[Access.DEFAULT.value]
        options = joined(
            fill(
                "option",
                view.words,
                value=value,
                checked=Html(" checked" if value == _choice_of(person) else ""),
                name=view.words(f"option_{value}"),
                note=note,
                more=_limit_field(view, standing) if value == _LIMITED else Html(""),
            )
            for value, note in notes.items()
        )
        return fill("decide", view.words, form=view.visit.form_code, options=options)


def _choice_of(person: Person) -> str:
    if person.access is Access.DEFAULT and person.daily_limit is not None:
        return _LIMITED
    return person.access.value


def _limit_field(view: View, standing: Standing) -> Html:
    own = standing.person.daily_limit
    value = "" if own is None else str(own)
    return Html(
        f'<input class="limit" type="number" name="limit" min="0" max="{MAX_LIMIT}" inputmode="numeric" '
        f'value="{value}" aria-label="{html(view.words("limit_label"))}">'
    )


def _facts(view: View, standing: Standing) -> Html:
    person, words = standing.person, view.words
    month = person.months.get(f"{view.today:%Y-%m}", MonthUse())
    used = standing.used
    of_limit = words("of_no_limit", used=used) if standing.limit is None else view.used(used, standing.limit)
    facts = {
        "fact_today": of_limit,
        "fact_month": view.words.number(month.questions),
        "fact_cost": view.words.money(month.cost),
        "fact_first": view.ago(person.first_seen),
        "fact_last": view.ago(person.last_seen),
        **({"fact_persona": person.persona} if person.persona else {}),
        **({"fact_model": person.model} if person.model else {}),
    }
    return joined(fill("fact", words, name=words(name), value=value) for name, value in facts.items())


def _months_plot(view: View, person: Person) -> Plot:
    names = _last_months(view.today)
    uses = [person.months.get(name, MonthUse()) for name in names]
    words, kept = view.words, person.months.values()
    questions = words.count("questions", sum(use.questions for use in kept))
    return Plot(
        title=words("plot_months"),
        summary=words("plot_months_sum", questions=questions, cost=view.words.money(sum(use.cost for use in kept))),
        columns=[
            Column(
                words.month(int(name[-2:]))[:3],
                f"{words.month(int(name[-2:]))} {name[:4]}",
                use.questions,
                view.words.number(use.questions),
                is_open=name == names[-1],
            )
            for name, use in zip(names, uses, strict=True)
        ],
        heads=(words("month_head"), words("tile_questions")),
        axis=view.words.number,
        table=words("numbers"),
        empty=words("plot_questions_none"),
    )


def _last_months(today: date) -> Sequence[str]:
    counted = today.year * 12 + today.month - 1
    numbers = range(counted - MONTHS + 1, counted + 1)
    return [month_of(f"{number // 12:04}-{number % 12 + 1:02}-01") for number in numbers]


def _asking(view: View, standing: Standing) -> Html:
    looks, name = standing.person.looks, page_name(standing.person.id)
    said = view.words.count("looks", len(looks), last=view.ago(looks[-1].at)) if looks else ""
    noted = Html(f'<p class="small">{html(said)}</p>' if said else "")
    return fill("ask_words", view.words, up=view.up, name=name, form=view.visit.form_code, looks=noted)


def _words(view: View, turns: Sequence[Turn]) -> Html:
    shown = [turn for turn in turns if turn.text or turn.reply][-MOST_TURNS:]
    if not shown:
        return Html(f'<p class="soft">{html(view.words("words_none"))}</p>')
    rows = joined(_turn(view, turn) for turn in shown)
    note = html(view.words("words_last", n=len(shown)))
    return Html(f'<p class="soft">{note}</p><ol class="turns">{rows.text}</ol>')


def _turn(view: View, turn: Turn) -> Html:
    answer = ""
    if turn.reply and turn.reply.text:
        said = f'<span class="unseen">{html(view.words("bot_said"))}</span>{html(turn.reply.text)}'
        answer = f'<p class="said said-bot">{said}</p>'
    text = turn.text or view.words("no_text")
    return fill("turn", view.words, time=view.ago(turn.at), text=text, answer=Html(answer))
