"""A real browser for the tests, and screenshots for the documentation."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# What covers something else: the little map of a graph, and the help of the button under the mouse.
_HIDDEN = ".react-flow__minimap, [data-scope=tooltip][data-part=positioner] { display: none !important }"

# A browser, an Airflow and the other tests share the machine.
_TIMEOUT_MILLISECONDS = 120_000

# Set by ``make pictures``: the folder for the pictures; elsewhere none are taken.
_PICTURES = os.environ.get("SEGMENT_PICTURES")


@contextmanager
def browser_page(*, url: str) -> Iterator[Page]:
    """Open a page in a headless Chromium that can reach one server only.

    :param url: base URL of that server.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=url, viewport={"width": 1100, "height": 1000}, color_scheme="light")
        page.set_default_timeout(_TIMEOUT_MILLISECONDS)
        expect.set_options(timeout=_TIMEOUT_MILLISECONDS)
        page.route(lambda requested: not requested.startswith((url, "blob:", "data:")), lambda route: route.abort())
        yield page
        browser.close()


def picture(shown: Page | Locator, name: str) -> None:
    """Take a screenshot for the documentation, if ``make pictures`` runs the test.

    :param shown: the page, or an element of it.
    :param name: file name without its extension.
    """
    if _PICTURES:
        shown.screenshot(path=Path(_PICTURES) / f"{name}.png", animations="disabled", style=_HIDDEN)
