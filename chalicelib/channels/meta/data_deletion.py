"""Handles Meta's data deletion callback: verifies the signed request; `operations.privacy` stores it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from chalicelib.channels.meta import signed_request
from chalicelib.errors import BodyTooLarge, InvalidSignature
from chalicelib.log import Log
from chalicelib.operations.privacy import Privacy

MAX_FORM: Final = 16 * 1024
"""Bytes of the request body; a real form has a few hundred."""


@dataclass(frozen=True)
class DataDeletion:
    """The handler of the form that Meta posts when a user asks for deletion of their data."""

    privacy: Privacy
    app_secrets: Callable[[], Iterable[str]] = field(repr=False)
    log: Log

    def receive(self, form: bytes) -> str:
        """Store the deletion request in `form` and return its confirmation code, which is the same in each retry.

        Raises BodyTooLarge, InvalidSignature and BadRequest with nothing stored, and StoreError.
        """
        if len(form) > MAX_FORM:
            raise BodyTooLarge(f"more than {MAX_FORM} bytes")
        try:
            request = signed_request.read(form, secrets=self.app_secrets())
        except InvalidSignature as exc:
            self.log.failure("signature", exc)
            raise
        self.privacy.receive_deletion_request(request.user, code=request.code)
        return request.code
