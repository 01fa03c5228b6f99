"""Finds out in which language a person writes, from the script and the usual words of a message; no I/O.

The functions that receive messages use it, so it is small. A message that tells too little has no language.
"""

import re
from collections.abc import Mapping
from typing import Final

from chalicelib.settings.languages import LANGUAGES

_MOST: Final = 400
"""Characters that are looked at."""
_SURE: Final = 2
"""Points from which a language counts as found, if no other has as many. A usual word has one, a sign has two."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ADDRESS: Final = re.compile(r"\S*[/@]\S*")
_SCRIPTS: Final[Mapping[str, re.Pattern[str]]] = {"ko": re.compile("[\uac00-\ud7a3\u3131-\u318e]")}
_WORDS: Final[Mapping[str, str]] = {
    "en": "the is are was what how where when who why can could would please you your my me and for with have has do "
    "does this that it i'm don't which there of to tell about should much many will we they",
    "de": "der das ist sind war wie wo wann wer warum wieso kann kannst könnte könntest bitte du dein deine mein meine "
    "mir mich und für mit habe hast hat nicht ein eine einen ich wir ihr sie es gibt zu was auf heute im vom zum",
    "es": "el la los las un una es son está están que como cuánto por para con mi mis tu tus yo puedo puedes quiero "
    "tengo tienes pero muy hay me te y lo del al sobre no se en hace hoy",
    "fr": "le la les des du de un une est sont je tu vous nous il elle mon ma mes ton ta que qui quoi quel quelle "
    "comment pourquoi quand où combien peux peut pour avec dans sur pas ne c'est qu'est j'ai s'il et ce ça me te plaît",
    "pt-BR": "o os as um uma é são eu que qual quais como quando onde quanto por para com não meu minha seu "
    "sua posso pode quero tem tenho está isso me em no na do da dos das mais e de se",
    "it": "il lo la gli le un una è sono che chi come cosa dove quando perché puoi posso vorrei ho hai mi ti mio mia "
    "con per di del della non si e ciao grazie",
    "nl": "de het een is zijn ik je jij mijn wat hoe waar wanneer wie waarom kan kun kunt met voor en niet dat van "
    "naar heb hebt heeft op te graag hallo hoi dank",
}
"""The words that are usual in each language. Two are not ours: they keep their speakers from being taken for others."""
_SIGNS: Final[Mapping[str, str]] = {
    "en": "hello thanks thank",
    "de": "hallo danke servus moin tschüss guten",
    "es": "hola gracias buenos buenas qué cómo cuál cuándo dónde",
    "fr": "bonjour bonsoir salut merci",
    "pt-BR": "olá oi obrigado obrigada você vc",
}
"""Words that hardly any other of these languages has, such as greetings."""
_LETTERS: Final[Mapping[str, str]] = {"de": "ßäöü", "es": "ñ¿¡", "fr": "œèùûç", "pt-BR": "ãõ"}
"""Letters and marks that are signs, too; a sign of another language may outweigh one."""


def written_in(text: str) -> str:
    """Return the tag of the language that a message is written in; empty for none of ours, and for commands."""
    if text.lstrip().startswith("/"):
        return ""
    begin = _ADDRESS.sub("", text[:_MOST].lower()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    for tag, script in _SCRIPTS.items():
        if script.search(begin):
            return tag
    words = _WORD.findall(begin)
    points = {tag: _points(tag, words, begin) for tag in _WORDS}
    best = max(points.values())
    found = [tag for tag, reached in points.items() if reached == best]
    return found[0] if best >= _SURE and len(found) == 1 and found[0] in LANGUAGES else ""


def _points(tag: str, words: list[str], text: str) -> int:
    usual, signs = _WORDS[tag].split(), _SIGNS.get(tag, "").split()
    letters = any(letter in text for letter in _LETTERS.get(tag, ""))
    return sum((word in usual) + 2 * (word in signs) for word in words) + 2 * letters
