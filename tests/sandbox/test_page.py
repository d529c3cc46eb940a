from __future__ import annotations

import re

import pytest
import requests

from airflow_provider_segment.sandbox.testing import SegmentSandbox

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox"])
def test_a_browser_gets_the_page_and_a_program_gets_json(segment_sandbox: SegmentSandbox, path: str) -> None:
    page = requests.get(segment_sandbox.url + path, headers=BROWSER, timeout=30)
    overview = requests.get(segment_sandbox.url + path, headers={"Accept": "application/json"}, timeout=30)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text.startswith("<!doctype html>")
    assert overview.json()["workspace"]["slug"] == "sandbox"


def test_the_page_needs_nothing_from_elsewhere(segment_sandbox: SegmentSandbox) -> None:
    page = requests.get(f"{segment_sandbox.url}/_sandbox/", headers=BROWSER, timeout=30)

    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    addresses = set(re.findall(r"""(?:https?:)?//[a-z][^\s"'<>)]*""", page.text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a format, which nobody fetches


def test_the_page_asks_for_what_there_is(segment_sandbox: SegmentSandbox) -> None:
    page = requests.get(f"{segment_sandbox.url}/_sandbox/", headers=BROWSER, timeout=30).text

    asked = re.findall(r'get\(["`]([a-z]*)', page)
    assert asked == ["", "destinations", "requests"]
    for name in asked:
        assert requests.get(f"{segment_sandbox.url}/_sandbox/{name}", timeout=30).status_code == 200
    usual = segment_sandbox.settings()
    calm = re.search(r"const DEFAULTS = \{(.*?)\};", page, re.DOTALL)
    assert calm is not None
    assert set(re.findall(r"(\w+):", calm[1])) == {name for name in map(camel, usual) if name != "deliveriesPerMinute"}


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def test_the_page_puts_nothing_into_html(segment_sandbox: SegmentSandbox) -> None:
    """Names come from whoever calls the API; as text they can't become a script."""
    page = requests.get(f"{segment_sandbox.url}/_sandbox/", headers=BROWSER, timeout=30).text

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", page)
