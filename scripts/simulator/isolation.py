"""Keeps the demo apart from the environment that starts it: from secrets, profiles, endpoints, proxies and the like."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chalicelib.settings.bedrock import PREFIX as BEDROCK
from scripts.stage.config_file import OF_FACEBOOK

_AWS: Final = "AWS_"
_NO_FILES: Final = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""Hide the files in `~/.aws` as well, which can hold the same settings as the variables."""
_PROXY: Final = "_PROXY"
_NO_PROXY: Final = "NO_PROXY"
_HERE: Final = "127.0.0.1,localhost"
_KEY_LOG: Final = "SSLKEYLOGFILE"
"""A file that every TLS context opens, and that may be gone."""
_CERTIFICATES: Final = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})
_OF_THE_EMULATOR: Final = ("PATH", "HOME", "TMPDIR", "LANG", "LC_", "PYTHON", "VIRTUAL_ENV")
"""Beginnings of the names that the emulator may see; ministack reads many others, such as SERVICES and USE_SSL."""


def has_model(env: Mapping[str, str]) -> bool:
    """Return whether a real model answers, which may be reached through a proxy. Bedrock is always simulated."""
    if env.get("PARLEY_MODEL", "").startswith(BEDROCK):
        return False
    return bool(env.get("OPENAI_API_KEY") or env.get("OPENAI_BASE_URL"))


def isolated(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what belongs to AWS, and without the secrets of a deployed bot.

    Proxies and certificates are kept for a real model and for an issuer of ID tokens, and left out without either.
    """
    others = (_KEY_LOG, *OF_FACEBOOK)
    kept = {name: value for name, value in env.items() if not (name.startswith(_AWS) or name in others)}
    if has_model(env) or env.get("PARLEY_OIDC_ISSUER"):
        kept = {name: value for name, value in kept.items() if _serves_others(name.upper(), value)}
        excepted = ",".join(filter(None, (kept.pop("no_proxy", ""), kept.pop(_NO_PROXY, ""), _HERE)))
        kept |= {_NO_PROXY: excepted, "no_proxy": excepted}
    else:
        kept = {name: value for name, value in kept.items() if not _is_of_the_network(name.upper())}
    return kept | _NO_FILES


def of_the_emulator(env: Mapping[str, str]) -> dict[str, str]:
    """Return the part of the environment that the emulator of AWS may see."""
    return {name: value for name, value in env.items() if name.startswith(_OF_THE_EMULATOR)}


def _is_of_the_network(name: str) -> bool:
    return name.endswith(_PROXY) or name in _CERTIFICATES


def _serves_others(name: str, value: str) -> bool:
    """Return whether a variable can stay: a proxy that the clients can use, a file that exists."""
    if name in _CERTIFICATES:
        return Path(value).exists()
    if name.endswith(_PROXY) and name != _NO_PROXY:
        return value.startswith(("http://", "https://"))  # for `socks5://` they would need another package
    return True
