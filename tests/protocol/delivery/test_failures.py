"""Which failed polls end a wait: an error of the API, or a gateway's page after an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_segment.protocol.delivery.criteria import check_criteria
from airflow_provider_segment.protocol.delivery.failures import FailureRule
from airflow_provider_segment.protocol.delivery.polling import poll
from airflow_provider_segment.protocol.errors import SegmentError
from tests.protocol.driver import ScriptedDriver
from tests.protocol.samples import LOST, ONE_TRY, UNTRUSTED, html, refusal

NOW = datetime(2026, 2, 15, 12, tzinfo=UTC)
CRITERIA = check_criteria(destination_id="d", source_id="s", success_when="successes > 0", window=60)


def error_of(outcome: Any) -> SegmentError:
    with pytest.raises(SegmentError) as caught:
        ScriptedDriver([outcome]).run(poll(ONE_TRY, criteria=CRITERIA, now=NOW))
    return caught.value


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404])
def test_a_response_of_a_gateway_ends_a_wait_only_after_an_hour_without_the_api(status: int) -> None:
    error, rule = error_of(html(status)), FailureRule(NOW)
    assert rule.is_transient(error, NOW + timedelta(minutes=59))
    assert not rule.is_transient(error, NOW + timedelta(hours=1))
    rule.succeeded(NOW + timedelta(hours=1))
    assert rule.is_transient(error, NOW + timedelta(hours=1, minutes=59))
    assert not FailureRule(None).is_transient(error, NOW)


@pytest.mark.parametrize("outcome", [refusal(401), refusal(403), refusal(404), refusal(422), UNTRUSTED])
def test_an_error_of_the_api_or_of_tls_ends_a_wait_at_once(outcome: Any) -> None:
    assert not FailureRule(NOW).is_transient(error_of(outcome), NOW)


@pytest.mark.parametrize("outcome", [refusal(500), refusal(429), html(502), html(408), LOST])
def test_a_transient_failure_never_ends_a_wait(outcome: Any) -> None:
    assert FailureRule(None).is_transient(error_of(outcome), NOW)
