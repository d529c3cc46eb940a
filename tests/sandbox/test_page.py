from __future__ import annotations

import re

import pytest
import requests

from airflow_provider_segment.sandbox.testing import SegmentSandbox

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox"])
def test_browsers_get_html_and_programs_get_json(segment_sandbox: SegmentSandbox, path: str) -> None:
    page = requests.get(segment_sandbox.url + path, headers=BROWSER, timeout=30)
    overview = requests.get(segment_sandbox.url + path, headers={"Accept": "application/json"}, timeout=30)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text.startswith("<!doctype html>")
    assert overview.json()["workspace"]["slug"] == "sandbox"


def test_the_page_loads_nothing_from_other_hosts(segment_sandbox: SegmentSandbox) -> None:
    page = requests.get(f"{segment_sandbox.url}/_sandbox/", headers=BROWSER, timeout=30)

    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    addresses = set(re.findall(r"""(?:https?:)?//[a-z][^\s"'<>)]*""", page.text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # an XML namespace, which browsers do not load


def test_the_page_requests_existing_paths_and_knows_all_settings(segment_sandbox: SegmentSandbox) -> None:
    page = requests.get(f"{segment_sandbox.url}/_sandbox/", headers=BROWSER, timeout=30).text

    names = re.findall(r'get\(["`]([a-z]*)', page)
    assert names == ["", "destinations", "requests"]
    for name in names:
        assert requests.get(f"{segment_sandbox.url}/_sandbox/{name}", timeout=30).status_code == 200
    settings = segment_sandbox.settings()
    defaults = re.search(r"const DEFAULTS = \{(.*?)\};", page, re.DOTALL)
    assert defaults is not None
    assert set(re.findall(r"(\w+):", defaults[1])) == {
        name for name in map(camel, settings) if name != "deliveriesPerMinute"
    }


def camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def test_the_page_never_inserts_data_as_html(segment_sandbox: SegmentSandbox) -> None:
    """Names come from API requests; inserted as text, they cannot run as a script."""
    page = requests.get(f"{segment_sandbox.url}/_sandbox/", headers=BROWSER, timeout=30).text

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", page)
