"""The page rendered by a real browser; skipped where none is installed."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import SECRET, Client

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")


class Rendered(HTMLParser):
    """The visible text of a page and its elements."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[str] = []
        self._hidden = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += f"{data} "


def render(sandbox: SegmentSandbox, profile: Path) -> Rendered:
    """Open the page, and return its content once its script has loaded the data."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    more = ["--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--virtual-time-budget=3000"]
    command = [str(BROWSER), *options, *more, "--dump-dom", f"{sandbox.url}/_sandbox/"]
    return Rendered(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)


def test_the_page_shows_destinations_requests_and_faults(
    segment: Client, segment_sandbox: SegmentSandbox, tmp_path: Path
) -> None:
    destination = segment.create_destination(name="<img src=x> & Söhne")["id"]
    segment.create_subscription(destination, name="Every track")
    segment_sandbox.deliver(destination, successes=432, discarded=7)
    segment_sandbox.fault("rate_limit", retry_after=1)
    segment.send("GET", f"/destinations/{destination}")
    segment_sandbox.fault("drop_before", method="DELETE", path="/destinations/*", times=2)

    page = render(segment_sandbox, tmp_path)

    for text in ("<img src=x> & Söhne", destination, "Every track", "432", "rate_limit", "429", "drop_before"):
        assert text in page.text
    assert "img" not in page.elements
    assert SECRET not in page.text
