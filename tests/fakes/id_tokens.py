"""A fake of the verifier of ID tokens; it passes the same contract tests as the real one."""

from dataclasses import dataclass, field

from chalicelib.errors import InvalidToken, IssuerUnavailable


@dataclass
class FakeIdTokens:
    """`access.ports.IdTokens` that accepts only its own tokens."""

    subjects: dict[str, str] = field(default_factory=dict)
    """By token."""
    out_of_reach: bool = False
    issuer: str = "https://accounts.example.org"

    def subject(self, token: str) -> str:
        if self.out_of_reach:
            raise IssuerUnavailable("the issuer does not answer: ConnectTimeout")
        if token not in self.subjects:
            raise InvalidToken("the token is not signed by its issuer")
        return self.subjects[token]
