"""Ids, names and messages cannot forge log lines, hide text, or control a terminal."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentDeliveryFailedError, SegmentDriftError, SegmentError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.destination import SegmentUpdateDestinationOperator
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Pause
from airflow_provider_segment.protocol.printable import printable, printable_lines
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.hostile.calling import CallApi
from tests.hostile.server import http, once, serving
from tests.running import Running

FORGED = "a\n[2026-01-01] INFO - forged\r\x1b[2K\x1b[31mred\u202egnp.exe\u2028\u2066\x00\x85\x9b31m\u200bend"
ESCAPED = (
    "a\\n[2026-01-01] INFO - forged\\r\\x1b[2K\\x1b[31mred\\u202egnp.exe\\u2028\\u2066\\x00\\x85\\x9b31m\\u200bend"
)
DANGEROUS = set(FORGED) - set("\n") - {character for character in FORGED if character.isprintable()}


def check(text: str, *, lines: int = 1) -> None:
    assert not DANGEROUS & set(text)
    assert len(text.splitlines()) == lines


def test_dangerous_characters_are_escaped() -> None:
    assert printable(FORGED) == ESCAPED
    assert printable("Ünïcode, 日本語 and 🎉 stay") == "Ünïcode, 日本語 and 🎉 stay"
    assert printable_lines("one\ntwo\x1b") == "one\ntwo\\x1b"
    assert printable(printable(FORGED)) == ESCAPED


@pytest.mark.parametrize("error", [SegmentError, SegmentDeliveryFailedError, SegmentDriftError])
def test_errors_escape_their_messages(error: type[Exception]) -> None:
    assert str(error(FORGED)) == ESCAPED


def test_logs_and_pauses_of_flows_are_escaped(
    driver_log: tuple[CallApi, list[str]],
) -> None:
    call_api, logged = driver_log

    def flow(options: Any) -> Flow[None]:
        yield Log(FORGED, lines=(FORGED, "second"))
        yield Pause(0, FORGED)

    call_api("http://127.0.0.1:9", flow)
    assert logged == [f"{ESCAPED}\n{ESCAPED}\nsecond", ESCAPED]


@pytest.fixture(params=["requests", "aiohttp"])
def driver_log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[CallApi, list[str]]:
    """A driver, and what it logs."""
    from tests.hostile import calling

    logged: list[str] = []
    monkeypatch.setattr(calling.Silent, "log", lambda self, level, msg, *args: logged.append(msg % args))
    return calling.api_caller(request.param), logged


@pytest.mark.parametrize("status", ["400 x", "404 x", "429 x", "500 x"])
@pytest.mark.parametrize("is_json", [True, False])
def test_messages_of_responses_are_escaped(call_api: CallApi, status: str, is_json: bool) -> None:
    error = {"type": FORGED, "message": FORGED, "field": FORGED}
    body = json.dumps({"errors": [error, FORGED]}) if is_json else f"<html>{FORGED}"
    with serving(once(http(body.encode(), status=status))) as server, pytest.raises(SegmentError) as caught:
        call_api(server.url)
    check(str(caught.value))


def test_the_log_of_an_apply_is_escaped(segment_sandbox: SegmentSandbox, caplog: Any, capfd: Any) -> None:
    caplog.set_level(logging.INFO)
    arguments: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "settings": {}}
    subscription = {"name": FORGED, "action_id": "sandbox-track", "trigger": 'type = "track"'}
    for _ in range(2):
        Running().run(
            SegmentApplyDestinationOperator(task_id="t", **arguments, name=FORGED, subscriptions=[subscription])
        )
    logged = "".join([caplog.text, *capfd.readouterr()])
    assert "forged" in logged
    assert not [part for part in ("\x1b[2K", "\u202e", "\u2028", "\x9b") if part in logged]
    assert "\n[2026-01-01] INFO - forged" not in logged


def test_an_id_in_an_error_is_escaped(segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(SegmentError) as caught:
        Running().run(SegmentUpdateDestinationOperator(task_id="t", destination_id=FORGED, enabled=True))
    check(str(caught.value))


def test_the_report_of_a_trigger_is_escaped(caplog: Any, capfd: Any) -> None:
    caplog.set_level(logging.INFO)
    task = SegmentDeliveryMetricsSensor(
        task_id="wait", destination_id=FORGED, source_id="s", success_when="successes >= 1", window=3600
    )
    with pytest.raises(SegmentError) as caught:
        Running().resume(task, "__fail__", {"error": FORGED, "traceback": ["Traceback:\n", f"  {FORGED}\n"]})
    check(str(caught.value))
    assert "\u202e" not in "".join([caplog.text, *capfd.readouterr()])
