"""Cuts what the tests compare with our tables of models out of litellm's, which its maintainers keep up to date.

Get a wheel with `pip download --no-deps litellm`, and run
`.venv/bin/python -m scripts.measure.model_table litellm-*.whl > tests/data/models_of_litellm.json`, and the same with
`bedrock` at the end for `tests/data/bedrock_of_litellm.json`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

_TABLE: Final = "litellm/model_prices_and_context_window_backup.json"
_OURS: Final = re.compile(r"(gpt-[3-9]|o[134]\b|chatgpt-4o)[\w.-]*")
_NOT_FOR_CHAT: Final = re.compile(
    r"audio|realtime|transcribe|tts|image|search|instruct|codex|deep-research|computer|live|embedding|translate"
)
_FIELDS: Final = re.compile(
    r"(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost"
    r"|deprecation_date|supports_reasoning|supports_\w+_reasoning_effort|default_reasoning_effort)"
)

_AT_BEDROCK: Final = re.compile(
    r"((us|eu|apac|jp|au|ca|global|us-gov)\.)?"
    r"(amazon\.nova-(micro|lite|pro|premier|2-lite)-v1:0|anthropic\.claude-(haiku|sonnet|opus|fable)-[\w:-]+"
    r"|openai\.gpt-[\w.:-]+|meta\.llama4-[\w:-]+)"
)
_FIELDS_AT_BEDROCK: Final = re.compile(
    r"(input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost"
    r"|supports_(reasoning|sampling_params|prompt_caching|adaptive_thinking|(none|xhigh|max)_reasoning_effort))"
)


def excerpt_of_bedrock(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return Bedrock's models and inference profiles of families that we know, each with its prices and abilities."""
    return {
        name: {key: value for key, value in sorted(values.items()) if _FIELDS_AT_BEDROCK.fullmatch(key)}
        for name, values in sorted(table.items())
        if values.get("litellm_provider") in ("bedrock", "bedrock_converse")
        and values.get("mode") == "chat"
        and _AT_BEDROCK.fullmatch(name)
        and "safeguard" not in name  # for moderation
    }


def excerpt(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return OpenAI's models that answer in chats, each with its prices, its efforts and its last day."""
    return {
        name: {key: value for key, value in sorted(values.items()) if _FIELDS.fullmatch(key)}
        for name, values in sorted(table.items())
        if values.get("litellm_provider") == "openai" and _OURS.fullmatch(name) and not _NOT_FOR_CHAT.search(name)
    }


_EXCERPTS: Final = {"openai": excerpt, "bedrock": excerpt_of_bedrock}


def main(wheel: str, provider: str = "openai") -> None:
    """Print the excerpt of the table in a wheel, with the version that the wheel has."""
    with ZipFile(wheel) as archive:
        models = _EXCERPTS[provider](json.loads(archive.read(_TABLE)))
    version = Path(wheel).name.split("-")[1]
    print(json.dumps({"source": f"litellm {version}, MIT licence", "models": models}, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
