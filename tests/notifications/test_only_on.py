"""Which failures disable a destination."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.exceptions import SegmentAuthError, SegmentDeliveryFailedError
from airflow_provider_segment.notifications.destination import SegmentDisableDestinationNotifier
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.sensors.delivery_metrics import SegmentDeliveryMetricsSensor
from tests.notifications.conftest import Logged, enabled

SENSOR = SegmentDeliveryMetricsSensor(
    task_id="wait",
    destination_id="feed",
    source_id="sandbox-web",
    success_when="success_rate > 0.9",
    start_time=datetime(2026, 1, 1, tzinfo=UTC),
)
BAD_DATA = SegmentDeliveryFailedError("deliveries failed: failure_rate is 70.0 %, allowed up to 50 %")


class BadDataError(Exception):
    """What a task of the user's raises for bad data."""


class VeryBadDataError(BadDataError):
    """A subclass of it."""


NAME = f"{__name__}.BadDataError"


def call(context: dict[str, Any], **only_on: Any) -> None:
    SegmentDisableDestinationNotifier(destination_id="feed", **only_on)({"dag": None, "params": {}, **context})


def without_retry(error: Exception) -> Exception:
    """Return the exception that an operator raises from an error that a retry cannot mend."""
    try:
        raise AirflowFailException(str(error)) from error
    except AirflowFailException as raised:
        return raised


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "our sensor, its verdict": ({"task": SENSOR, "exception": BAD_DATA}, {}, True),
    "our sensor, a wrong token": ({"task": SENSOR, "exception": SegmentAuthError("401")}, {}, False),
    "our sensor, a timeout": ({"task": SENSOR, "exception": TimeoutError()}, {}, False),
    "our sensor, an invalid argument": ({"task": SENSOR, "exception": ValueError("window")}, {}, False),
    "our sensor, no exception": ({"task": SENSOR}, {}, False),
    "our sensor, a string": ({"task": SENSOR, "exception": "killed"}, {}, False),
    "our sensor, any failure asked for": ({"task": SENSOR, "exception": ValueError("window")}, {"only_on": None}, True),
    "another task": ({"task": object(), "exception": ValueError("bad rows")}, {}, True),
    "another task, no exception": ({"task": object()}, {}, True),
    "its own exception": ({"exception": BadDataError()}, {"only_on": BadDataError}, True),
    "a subclass of it": ({"exception": VeryBadDataError()}, {"only_on": [KeyError, BadDataError]}, True),
    "its dotted name": ({"exception": VeryBadDataError()}, {"only_on": NAME}, True),
    "our error's public name": (
        {"exception": SegmentAuthError("401")},
        {"only_on": "airflow_provider_segment.exceptions.SegmentAuthError"},
        True,
    ),
    "a builtin's name": ({"exception": ZeroDivisionError()}, {"only_on": ["ArithmeticError"]}, True),
    "another exception": ({"exception": ValueError("typo")}, {"only_on": BadDataError}, False),
    "its own exception, not to be retried": ({"exception": without_retry(BadDataError())}, {"only_on": NAME}, True),
    "an operator's invalid argument": ({"exception": without_retry(ValueError("x"))}, {"only_on": ValueError}, True),
    "another cause": ({"exception": without_retry(ValueError("x"))}, {"only_on": BadDataError}, False),
    "another dotted name": ({"exception": BadDataError()}, {"only_on": "other.BadDataError"}, False),
}


@pytest.mark.parametrize(("context", "only_on", "disables"), CASES.values(), ids=CASES)
def test_only_failures_that_mean_bad_data_disable_it(
    feed: SegmentSandbox, logged: Logged, context: dict[str, Any], only_on: dict[str, Any], disables: bool
) -> None:
    call(context, **only_on)
    assert enabled(feed)["feed"] is not disables
    expected = "disabled destination feed" if disables else "did not disable the destination: "
    assert expected in logged()


def test_a_serialized_sensor_is_recognised(feed: SegmentSandbox) -> None:
    class SerializedTask:
        task_type = "SegmentDeliveryMetricsSensor"

    call({"task": SerializedTask(), "exception": TimeoutError()})
    assert enabled(feed)["feed"] is True


def test_the_line_stands_outside_the_group_that_airflow_folds(feed: SegmentSandbox, logged: Logged) -> None:
    call({"exception": BadDataError()})
    log = logged()
    end = log.index("::endgroup::")
    assert end < log.index("disabled destination feed", end) < log.index("::group::", end)


@pytest.mark.parametrize("value", [5, "", "not a name", [], [ValueError()], int, "my-package.Error"])
def test_an_invalid_value_raises_when_the_dag_is_parsed(value: Any) -> None:
    with pytest.raises(ValueError, match="only_on is "):
        SegmentDisableDestinationNotifier(destination_id="d", only_on=value)


def test_a_template_can_name_the_exception(feed: SegmentSandbox) -> None:
    context = {"exception": ValueError("typo"), "params": {"error": NAME}}
    call(context, only_on="{{ params.error }}")
    assert enabled(feed)["feed"] is True
