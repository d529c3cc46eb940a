"""The exact messages of mistakes that new users make."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_segment.exceptions import SegmentAuthError
from airflow_provider_segment.operators.destination import SegmentCreateDestinationOperator
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.running import Running

FEED = {
    "id": "feed",
    "name": "Feed",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "settings": {"apiKey": "k"},
}


@pytest.fixture
def running(segment_sandbox: SegmentSandbox) -> Running:
    segment_sandbox.seed({"sources": [{"id": "sandbox-web"}, {"id": "sandbox-shop"}], "destinations": [FEED]})
    return Running()


def connect(monkeypatch: pytest.MonkeyPatch, sandbox: SegmentSandbox, **changes: Any) -> None:
    """Change fields of the connection."""
    connection = {"conn_type": "segment_public_api", "host": sandbox.url, "password": sandbox.token, **changes}
    monkeypatch.setenv("AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT", json.dumps(connection))


def create(**changes: Any) -> SegmentCreateDestinationOperator:
    arguments: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "Ads"}
    return SegmentCreateDestinationOperator(task_id="create", **arguments | {"settings": {}} | changes)


def sensor(**changes: Any) -> SegmentDeliveryMetricsSensor:
    arguments: dict[str, Any] = {"destination_id": "feed", "source_id": "sandbox-web", "window": "PT1H"}
    return SegmentDeliveryMetricsSensor(
        task_id="delivered", **arguments | {"success_when": "successes >= 1", "poke_interval": 1} | changes
    )


def test_a_wrong_token_is_an_error_that_names_the_connection(
    running: Running, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, segment_sandbox, password="not-the-token")
    address = segment_sandbox.url.removeprefix("http://")

    with pytest.raises(SegmentAuthError) as caught:
        running.run(create())

    assert str(caught.value) == (
        "GET /sources/sandbox-web/connected-destinations returned 401: Unauthorized. Check connection"
        f" 'segment_public_api_default' to {address}: the token may be wrong or lack a permission, or its workspace"
        " may be in the other region; set the extra field `region` to us or eu"
    )


def test_a_wrong_region_is_an_error_with_the_valid_ones(
    running: Running, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, segment_sandbox, extra={"region": "europe"})

    with pytest.raises(ValueError, match="region") as caught:
        running.run(create())

    assert str(caught.value) == (
        "connection 'segment_public_api_default', field region: 'europe' is not one of 'us', 'eu'"
    )


def test_an_unknown_key_of_the_extra_is_a_warning(
    running: Running,
    segment_sandbox: SegmentSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    connect(monkeypatch, segment_sandbox, extra={"rate_limit_budjet": 60})

    running.run(create())

    warning = (
        "connection 'segment_public_api_default', field extra: unknown key 'rate_limit_budjet' is ignored; did you mean"
        " 'rate_limit_budget'?"
    )
    assert capsys.readouterr().out.count(warning) == 1


def test_a_typo_in_a_metric_gets_a_suggestion() -> None:
    with pytest.raises(ValueError, match="metric") as caught:
        sensor(success_when=["successes >= 1", "sucess_rate >= 0.99"])

    assert str(caught.value) == (
        "task 'delivered': success_when: unknown metric 'sucess_rate' in 'sucess_rate >= 0.99'; did you mean"
        " 'success_rate'?"
    )


def test_the_source_of_another_destination_is_an_error(running: Running) -> None:
    with pytest.raises(ValueError, match="source_id") as caught:
        running.run(sensor(source_id="sandbox-shop"))

    assert str(caught.value) == ("source_id is 'sandbox-shop', but destination feed belongs to source 'sandbox-web'")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"window": "P3D"},
            "window is 3 days; a window that ends now is counted by minute, which covers at most 48 hours; set"
            " granularity to HOUR (at most 7 days) or DAY (at most 14 days) to count only the whole hours or days"
            " inside the window",
        ),
        (
            {"window": "P10D"},
            "window is 10 days; a window that ends now is counted by minute, which covers at most 48 hours; set"
            " granularity to DAY (at most 14 days) to count only the whole days inside the window",
        ),
        ({"window": "P30D"}, "window is 30 days; Segment's metrics cover at most 14 days"),
        (
            {"window": "P8D", "granularity": "HOUR"},
            "window is 8 days; granularity HOUR covers at most 7 days; set granularity to DAY (at most 14"
            " days) to count only the whole days inside the window",
        ),
        (
            {"window": "P14D", "end_time": "2026-01-01", "settle_time": "PT2M"},
            "settle_time is 0:02:00, so the time from the start of the window to the last poll is 14 days, 0:03:00,"
            " including a margin of a minute; Segment's metrics cover at most 14 days",
        ),
        (
            {"window": "PT47H30M", "end_time": "2026-01-01", "settle_time": "PT1H"},
            "settle_time is 1:00:00, so the time from the start of the window to the last poll is 2 days, 0:31:00,"
            " including a margin of a minute; a window not aligned to whole hours is counted by minute, which covers"
            " at most 48 hours; set granularity to HOUR (at most 7 days) or DAY (at most 14 days) to count only the"
            " whole hours or days inside the window",
        ),
    ],
)
def test_a_window_that_is_too_large_is_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="window") as caught:
        sensor(**arguments)

    assert str(caught.value) == f"task 'delivered': {message}"


def test_a_literal_secret_is_a_warning_without_the_secret(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    running.run(create(settings={"apiKey": "k", "secretKey": "a-literal-secret"}))

    log = capsys.readouterr().out
    assert log.count("SecretRef") == 1
    assert (
        "destination 'Ads' of type sandbox-analytics on source sandbox-web: settings['secretKey']: set to a"
        " literal, but declared as a password in Segment's catalog; pass SecretRef('<connection id>') instead, because"
        " Airflow stores and displays literals"
    ) in log
    assert "a-literal-secret" not in log
