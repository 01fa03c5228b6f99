"""The word lists by which prose is measured, and the reason for each. Only data belongs in here."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MANNERED: Final = {
    r"whoever": "name the person or program: user, client, caller, owner, worker",
    r"whomever": "name the person or program: user, client, caller, owner, worker",
    r"whom": "name the person or program, or start a new sentence",
    r"somebody": "name the person or program: user, client, caller, owner, worker",
    r"anybody": "name the person or program: any user, any client, any caller",
    r"everybody": "name the people: all users, all clients, every member of the room",
    r"nobody": "say what is the case: no user, no worker, unused, free, unknown",
    r"told": "say who sends what: sends, receives, is notified, knows, gets as an argument",
    r"stands(?! for\b)": "write is, applies, or the place: the table is in docs/…",
    r"stood": "write was",
    r"anew": "write again, or a new …",
    r"afresh": "write again, from the beginning",
    r"mend(?:s|ed|ing)?": "write fix, repair or restore",
    r"dear": "write expensive",
    r"wherever": "write where, or everywhere",
    r"likewise": "write also, or repeat the words",
    r"lest": "write so that … not",
    r"thereof": "write of it",
    r"therein": "write in it",
    r"herein": "write here",
    r"whereby": "write by which, or start a new sentence",
    r"wherein": "write in which, or start a new sentence",
}
"""Patterns of mannered words, each with what to write instead; matched as whole words, in any case.

A word is in the list if a reader of technical English has to translate it: pronouns that hide which of user, client,
caller or program acts, and words of another century. `tell` and `whose` are not in it, since both have plain uses.
Ten popular Python projects have at most 0.1 of these per 1,000 words.
"""

FIELD_TERMS: Final = _words(
    """
    atomic atomically authenticate authentication authorise authorize authorisation authorization cache callback
    caller client condition connection credentials decode dispatch encode endpoint field handler header idempotent
    parse payload query queue request response retry schema serialise serialize server session timeout transaction
    user validate verify webhook
    """
)
"""Terms of web services and data stores, in the singular or infinitive; other forms count too.

Left out are this product's own things, which would count its subject as clarity: message, turn, token, key, event,
page, item, frame, socket, model, channel. So are the words of any Python text: return, raise, list, value, type. By
this list popular projects for the web have 20 to 77 per 1,000 words, and projects without a network 8.
"""

VERBS: Final = _words(
    """
    abort accept acknowledge acquire act add allow answer append apply ask assert assume attach authenticate
    authorise authorize await become begin bind bound bring broadcast build buffer cache calculate call cancel carry
    change charge check choose claim clean clear close collect combine come compare compile complete compute
    configure confirm connect construct consume continue convert copy count create cut decide decode decorate
    decrypt define delay delete deliver deploy deregister describe destroy detect determine disable discard
    disconnect dispatch display do download drain drop dump emit empty enable encode encrypt end enforce enqueue
    ensure enter erase escape establish estimate evaluate exchange execute exit expect expire explain export expose
    extend extract fail fetch fill filter find finish fit fix flush follow forget format forward free gather
    generate get give grant group guess handle hand hang hash have hide hold identify ignore implement import
    increase increment index inform initialise initialize inject insert install inspect invoke issue iterate join
    keep kill launch lease leave let limit list listen load lock log look lower make map mark match measure merge
    migrate mint mock modify move name normalise normalize note notify obtain omit open order override pack page
    parse pass patch pause perform pick ping place plan poll pop populate post prepare prevent print process produce
    prompt propose protect provide publish pull push put query queue quote raise read rebuild receive recognise
    recognize record redirect reduce refresh refund refuse register reject release reload remove rename render renew
    repair repeat replace replay reply report represent request require reserve reset resolve restart restore
    restrict resume retrieve retry return reuse reverse revoke route run save scan schedule search see select send
    serialise serialize serve set settle show shut sign signal simulate skip sleep sort split start stop store
    stream strip subscribe suggest sum summarise summarize supply support sweep switch synchronise synchronize take
    tell terminate test throttle track transform translate treat trim truncate try turn undo unpack unregister
    unsubscribe update upload use validate verify visit wait wake walk warm warn watch work wrap write yield
    """
)
"""Verbs that open a function's docstring, in the infinitive; `Return` and `Returns` are both accepted."""

ADVERBS: Final = _words("atomically asynchronously also never only not always")
"""Words that may come before the opening verb."""

NOUNS_TOO: Final = _words(
    """
    answers attaches buffers caches calls changes charges claims connects copies counts cuts drops dumps ends exchanges
    exits exports extracts fits filters formats forwards grants groups guesses hands hashes holds imports increases
    indexes issues joins leases limits lists loads locks logs maps marks matches measures moves names notes
    orders overrides packs pages passes patches pauses pings places plans polls posts processes prompts pulls pushes
    queries queues quotes raises records redirects refunds registers rejects releases repairs repeats replies reports
    requests resets restarts restores retries routes runs saves scans schedules searches sets shows signals signs
    sleeps sorts splits streams strips sums supplies supports switches tests tracks turns updates uploads visits walks
    watches wraps
    """
)
"""Forms of VERBS that, after a determiner, are as often nouns: `The open requests of a client.`"""

DETERMINERS: Final = _words("the a an each every all its")
"""Words that open a noun phrase of what a function returns, as properties are described."""

QUESTIONS: Final = ("whether ", "how many ", "how much ", "how long ", "number of ", "true ", "true,")
"""Openings that name a truth value or a number that is returned."""

FINITE_VERBS: Final = _words(
    """
    is are was were has have had may might can could must will would shall should do does did cannot need needs
    comes goes knows lives says stands wants
    """
)
"""More verbs that, after a determiner and its noun, turn a noun phrase into a sentence: `The client may write.`"""

CLAUSE_WORDS: Final = _words(
    """
    about after among and as at before behind between beyond but by during except for from if in into of on or over
    per since that to under until up when where which while who whose with within without
    """
)
"""Words after which a noun phrase may have verbs of its own: `The frames that wait.`"""
