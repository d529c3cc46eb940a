"""Airflow's UI in a browser: the connection form, its test, and a DAG run; with screenshots for the docs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from airflow_provider_segment.hooks import connection_form
from dev.local_airflow.dag_run import DagRun
from dev.local_airflow.rest import RestApi
from tests.ui.running import RunningUi

pytest.importorskip("playwright", reason="playwright, which drives the browser, is not installed")

from playwright.sync_api import Locator, Page, expect

from tests.ui.browser import CHROMIUM, browser_page, picture

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

DAG_ID = "segment_destination_lifecycle"


@pytest.fixture
def page(ui: RunningUi) -> Iterator[Page]:
    with browser_page(url=ui.url) as page:
        yield page


def standard_field(form: Locator, name: str) -> Locator:
    return form.locator(f"[name={name}]")


def open_form(page: Page) -> Locator:
    page.goto("/connections")
    page.get_by_role("button", name="Add Connection").click()
    form = page.get_by_role("dialog")
    form.get_by_role("combobox").fill("Segment")
    form.get_by_role("option", name=connection_form.HOOK_NAME, exact=True).click()
    return form


def test_the_connection_form_is_filled_saved_and_tested(ui: RunningUi, page: Page, api: RestApi) -> None:
    address = urlsplit(ui.sandbox_url)
    form = open_form(page)
    for name, label in connection_form.RELABELING.items():
        expect(form.get_by_label(label, exact=True)).to_have_attribute("name", name)
    for name, placeholder in connection_form.PLACEHOLDERS.items():
        expect(standard_field(form, name)).to_have_attribute("placeholder", placeholder)
    for name in connection_form.HIDDEN_FIELDS:
        expect(standard_field(form, name)).to_have_count(0)
    form.get_by_label("Connection ID").fill("my_segment")
    form.get_by_label("Base URL").fill(f"{address.scheme}://{address.hostname}")
    form.get_by_label("Port").fill(str(address.port))
    form.get_by_label("API token").fill("sandbox-token")
    picture(form, "connection-form")

    form.get_by_role("button", name="Extra Fields", exact=True).click()
    for spec in connection_form.EXTRA_FIELDS.values():
        expect(form.get_by_text(spec["label"], exact=True)).to_be_visible()
        expect(form.get_by_text(spec["description"], exact=True)).to_be_visible()
    form.get_by_label("Timeout (s)").fill("10")
    region = form.get_by_label("Region")
    region.press("ArrowDown")
    expect(form.get_by_role("option")).to_have_text(["us", "eu"])
    form.get_by_role("option", name="eu").click()
    page.set_viewport_size({"width": 1100, "height": 1400})
    picture(form, "connection-form-extra")

    form.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="my_segment")
    row.get_by_role("button", name="Test Connection").click()
    message = page.get_by_role("status", name="Test Connection Successful")  # another one says that it was saved
    expect(message).to_contain_text("Connected to workspace Sandbox (sandbox)")
    page.set_viewport_size({"width": 1100, "height": 480})
    picture(page, "connection-test")
    saved = api.get("connections", "my_segment")
    assert saved["conn_type"] == connection_form.CONN_TYPE


def test_a_run_of_the_lifecycle_turns_green(page: Page, api: RestApi) -> None:
    body = {"logical_date": None, "dag_run_id": "my_first_run"}
    run = DagRun(api=api, dag_id=DAG_ID, run_id=api.post("dags", DAG_ID, "dagRuns", body=body)["dag_run_id"])
    assert run.wait() == "success"
    page.set_viewport_size({"width": 1280, "height": 440})
    page.goto(f"/dags/{DAG_ID}/runs/{run.run_id}")
    page.get_by_role("button", name="Show Graph").click()
    page.get_by_role("button", name="Collapse Details Panel").click()
    tasks = page.locator(".react-flow__node")
    expect(tasks).to_have_count(6)
    for task in tasks.all():
        expect(task).to_contain_text("success")
    page.get_by_role("button", name="Fit View").click()
    page.mouse.move(0, 0)  # off the tasks, which show a tooltip
    picture(page, "dag-in-ui")
