"""The settings of what is stored, and of what the privacy page says."""

from dataclasses import dataclass

from chalicelib.settings import variables as parse
from chalicelib.settings.variables import Variables


@dataclass(frozen=True)
class PrivacySettings:
    """How long words are stored, and what the privacy page says of the owner and of AWS."""

    contact: str
    """How users reach the owner: an e-mail address or an https URL; empty for the Facebook page itself."""
    region: str
    """The AWS region; empty where it is not known."""
    keep_days: int
    """For how many days messages and answers are stored; with 0, for an hour."""
    owner_sees_words: bool
    """Whether owners get the beginning of a new person's first message in their chat."""

    @classmethod
    def from_env(cls, env: Variables) -> "PrivacySettings":
        """Parse PARLEY_CONTACT, PARLEY_KEEP_DAYS, PARLEY_OWNER_SEES_WORDS and Lambda's own AWS_DEFAULT_REGION."""
        return cls(
            contact=env.read("PARLEY_CONTACT", "", parse.contact),
            region=env.text("AWS_DEFAULT_REGION"),
            keep_days=env.read("PARLEY_KEEP_DAYS", "30", parse.keep_days),
            owner_sees_words=env.read("PARLEY_OWNER_SEES_WORDS", "on", parse.switch),
        )
