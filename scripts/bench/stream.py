"""Measures the time from the model's first word to the client, and the number of frames of a long answer.

Run it as `.venv/bin/python -m scripts.bench.stream`, with `--browser` to measure the chat page in Chromium too.
Everything runs on this machine.
"""

import asyncio
import re
import shutil
from collections.abc import Sequence

import click

from scripts.bench import machine
from scripts.bench.demo import ChatClient, Demo, percentile, running_demo

_WORDS_A_SECOND = 50
_LONG = " ".join(f"word{number}" for number in range(2000))
_SEEN = """
window.seen = new Map();
new MutationObserver(() => {
  for (const answer of document.querySelectorAll('[data-testid="answer"]'))
    if (answer.textContent.trim() && !window.seen.has(answer)) window.seen.set(answer, Date.now());
}).observe(document, {subtree: true, childList: true, characterData: true});
"""


@click.command()
@click.option(
    "--answers", type=click.IntRange(min=1), default=60, show_default=True, help="Number of answers to measure."
)
@click.option(
    "--pace", type=click.IntRange(min=1), default=100, show_default=True, help="Words per second of the long answer."
)
@click.option("--browser", is_flag=True, help="Measure the chat page in Chromium too.")
def main(answers: int, pace: int, *, browser: bool) -> None:
    """Measure and print the results."""
    with running_demo() as demo:
        demo.behave(
            answer="Twenty words or so, as many answers have, so that it takes a moment " * 2,
            tokens_per_second=_WORDS_A_SECOND,
        )
        click.echo(machine.described())
        click.echo(spread("first word to a socket", asyncio.run(to_a_socket(demo, answers))))
        if browser:
            click.echo(spread("first word to the page", to_the_page(demo, answers)))
        demo.behave(answer=_LONG, tokens_per_second=pace)
        click.echo(asyncio.run(long_answer(demo)))


def spread(what: str, took: Sequence[float]) -> str:
    """Format percentiles in one line."""
    figures = ", ".join(f"{name} {percentile(took, share):.0f} ms" for name, share in (("p50", 0.5), ("p95", 0.95)))
    return f"{what}: {figures}, most {max(took):.0f} ms, of {len(took)} answers"


async def to_a_socket(demo: Demo, answers: int) -> Sequence[float]:
    """Measure the milliseconds from the model's first word to the first frame with text, for each answer."""
    client, arrived = await ChatClient.enter(demo, "timed"), []
    for number in range(answers + 1):
        await client.ask(f"Question {number}")
        arrived.append(next(at for at, frame in await client.answer() if frame["type"] in ("delta", "snapshot")))
    await client.socket.close()
    left = demo.first_tokens()[-len(arrived) :]
    return [came - went for came, went in zip(arrived, left, strict=True)][1:]  # the first answer includes the warm-up


def to_the_page(demo: Demo, answers: int) -> Sequence[float]:
    """Measure the milliseconds from the model's first word to its display on the page, for each answer."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 (only with --browser)

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page()
        page.add_init_script(_SEEN)
        page.goto(f"{demo.http.base_url}/chat?config={demo.facts['config_id']}")
        expect(page.get_by_test_id("presence")).to_have_text(re.compile("Online"))
        for number in range(answers + 1):
            page.get_by_test_id("composer").fill(f"Question {number}")
            page.get_by_test_id("composer").press("Enter")
            expect(page.locator("[data-testid=turn][data-state=done]")).to_have_count(number + 1)
        arrived = page.evaluate("[...window.seen.values()]")
        chromium.close()
    left = demo.first_tokens()[-len(arrived) :]
    return [came - went for came, went in zip(arrived, left, strict=True)][1:]


async def long_answer(demo: Demo) -> str:
    """Count the frames of a long answer and describe them in one line."""
    client = await ChatClient.enter(demo, "patient")
    await client.ask("Tell me everything")
    deltas = [(at, frame) for at, frame in await client.answer() if frame["type"] == "delta"]
    await client.socket.close()
    took = (deltas[-1][0] - deltas[0][0]) / 1000
    return f"an answer of 2,000 words in {took:.1f} s: {len(deltas)} deltas, {len(deltas) / took:.2f} a second"


if __name__ == "__main__":
    main()
