"""What the page's script makes of what the sandbox holds, in a real browser where there is one."""

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


class Shown(HTMLParser):
    """The text of a page, and the elements in it."""

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


def shown(sandbox: SegmentSandbox, profile: Path) -> Shown:
    """Open the page, and give what is there once its script has fetched everything."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    more = ["--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--virtual-time-budget=3000"]
    command = [str(BROWSER), *options, *more, "--dump-dom", f"{sandbox.url}/_sandbox/"]
    return Shown(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)


def test_the_page_shows_what_there_is(segment: Client, segment_sandbox: SegmentSandbox, tmp_path: Path) -> None:
    destination = segment.create_destination(name="<img src=x> & Söhne")["id"]
    segment.create_subscription(destination, name="Every track")
    segment_sandbox.deliver(destination, successes=432, discarded=7)
    segment_sandbox.fault("rate_limit", retry_after=1)
    segment.send("GET", f"/destinations/{destination}")
    segment_sandbox.fault("drop_before", method="DELETE", path="/destinations/*", times=2)

    page = shown(segment_sandbox, tmp_path)

    for text in ("<img src=x> & Söhne", destination, "Every track", "432", "rate_limit", "429", "drop_before"):
        assert text in page.text
    assert "img" not in page.elements
    assert SECRET not in page.text
