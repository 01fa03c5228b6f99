"""Measures how soon the chat page is seen and answers, in a browser on a slow phone: a new visitor each time.

Run it as `.venv/bin/python -m scripts.bench.page`. The network has 1.6 Mbit/s and 150 ms, the processor a quarter of
its speed; the server is the demo, which compresses as API Gateway does. Other processes lengthen the times.
"""

import shutil
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

import click
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.bench import machine
from scripts.bench.demo import Demo, running_demo

_NETWORK: Final = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
_SLOWER: Final = 4
_PATIENCE_MS: Final = 60_000
_LOADED: Final = """() => {
  const files = performance.getEntriesByType("resource").filter((one) => /\\.(m?js|css)$/.test(one.name));
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  const bytes = files.reduce((sum, one) => sum + one.encodedBodySize, 0);
  return { files: files.length, bytes, paint: paint.startTime };
}"""
_NOW: Final = "performance.now()"


@click.command()
@click.option("--visits", type=click.IntRange(min=1), default=9, show_default=True, help="Number of visitors.")
def main(visits: int) -> None:
    """Measure and print the results."""
    with running_demo() as demo, sync_playwright() as playwright:
        demo.behave(answer="Twenty words or so, as many answers have.", tokens_per_second=50)
        chromium = playwright.chromium.launch(executable_path=_browser(), args=["--no-sandbox"])
        seen = [visit(chromium, demo) for _ in range(visits + 1)][1:]  # the first one includes the warm-up
        chromium.close()
    click.echo(machine.described())
    click.echo(f"script and style: {seen[0]['files']:.0f} files, {seen[0]['bytes']:.0f} bytes as they were sent")
    for name, words in {"paint": "first paint", "ready": "can write", "word": "first word after asking"}.items():
        click.echo(spread(words, [each[name] for each in seen]))


def _browser() -> str | None:
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def visit(chromium: Browser, demo: Demo) -> Mapping[str, float]:
    """Open the page, ask one question, and return the milliseconds up to each event."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", _NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    page.goto(f"{demo.http.base_url}/chat?config={demo.facts['config_id']}", timeout=_PATIENCE_MS)
    expect(page.get_by_test_id("presence")).to_have_attribute("data-state", "online", timeout=_PATIENCE_MS)
    seen: dict[str, Any] = {"ready": page.evaluate(_NOW), **page.evaluate(_LOADED)}
    page.get_by_test_id("composer").fill("Hello")
    asked = page.evaluate(_NOW)
    page.get_by_test_id("composer").press("Enter")
    expect(page.get_by_test_id("answer").last).not_to_be_empty(timeout=_PATIENCE_MS)
    seen["word"] = page.evaluate(_NOW) - asked
    context.close()
    return seen


def spread(what: str, took: Sequence[float]) -> str:
    """Format the median, the minimum and the maximum in one line."""
    return f"{what}: half within {median(took):.0f} ms, least {min(took):.0f} ms, most {max(took):.0f} ms"


if __name__ == "__main__":
    main()
