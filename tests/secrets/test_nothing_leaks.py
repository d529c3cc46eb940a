"""Neither the token nor a secret of the settings is in any trace of a task, whatever happens to its requests.

Airflow's masker is off, so the search sees what this package writes. The server quotes everything it receives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from typing import Any

import msgspec
import pytest
from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_provider_segment.exceptions import SegmentError
from airflow_provider_segment.operators.apply import SegmentApplyDestinationOperator
from airflow_provider_segment.operators.base import SegmentOperator
from airflow_provider_segment.operators.destination import (
    SegmentCreateDestinationOperator,
    SegmentUpdateDestinationOperator,
)
from airflow_provider_segment.operators.subscription import (
    SegmentCreateSubscriptionOperator,
    SegmentUpdateSubscriptionOperator,
)
from airflow_provider_segment.protocol.flow import responses
from airflow_provider_segment.protocol.flow.redaction import Redactor
from airflow_provider_segment.protocol.secret_str import SecretStr, open_secret
from airflow_provider_segment.sandbox.pytest_plugin import CONNECTION_VARIABLE
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.secrets import SecretRef
from tests.running import Running
from tests.secrets.conftest import Connect
from tests.secrets.debug_logs import logging_at_debug
from tests.secrets.evidence import exceptions, places_of, rendered, serialised
from tests.secrets.frames import crash_reports, recorded_locals
from tests.secrets.masker import without_masker
from tests.secrets.quoting_server import QuotingServer, Status, quoting_server

TOKEN = "canary-token-9d1e77b0"
SECRET = 'canary "secret"\n of ünusual form 7f3a91c0'
DEEP = "canary-deep-44aa0c11"
SECRETS = {"token": TOKEN, "secret": SECRET, "deep secret": DEEP}

TYPE: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics"}
TRACK: dict[str, Any] = {"name": "Track", "action_id": "sandbox-track", "trigger": 'type = "track"'}
SETTINGS: dict[str, Any] = {
    "apiKey": SecretRef("partner"),
    "eventNames": {"deep": [{"here": SecretRef("partner", "extra.deep")}]},
}
THERE = {"id": "there", "sourceId": "sandbox-web", "metadataId": "sandbox-analytics", "name": "there"}
WRITES: dict[str, Callable[[], SegmentOperator]] = {
    "create": lambda: SegmentCreateDestinationOperator(task_id="t", **TYPE, name="new", settings=SETTINGS),
    "create existing": lambda: SegmentCreateDestinationOperator(
        task_id="t", **TYPE, name="there", settings=SETTINGS, if_exists="update"
    ),
    "update": lambda: SegmentUpdateDestinationOperator(task_id="t", destination_id="there", settings=SETTINGS),
    "apply": lambda: SegmentApplyDestinationOperator(
        task_id="t", **TYPE, name="new", settings=SETTINGS, subscriptions=[TRACK | {"settings": SETTINGS}]
    ),
    "apply existing": lambda: SegmentApplyDestinationOperator(
        task_id="t", **TYPE, name="there", settings=SETTINGS, subscriptions=[TRACK | {"settings": SETTINGS}]
    ),
    "create subscription": lambda: SegmentCreateSubscriptionOperator(
        task_id="t", destination_id="there", **TRACK | {"name": "new"}, settings=SETTINGS
    ),
    "update subscription": lambda: SegmentUpdateSubscriptionOperator(
        task_id="t", destination_id="there", action_id="sandbox-track", name="Track", settings=SETTINGS
    ),
}
STATUSES = {
    **{f"{status}": Status(status=status) for status in (400, 401, 404, 429, 500, 302)},
    **{f"{status} page": Status(status=status, kind="page") for status in (200, 401, 404, 502)},
    "200 of another form": Status(status=200, kind="json"),
    "200 cut short": Status(status=200, kind="half", applied=True),
    "dropped": Status(status=0),
    "dropped when done": Status(status=0, applied=True),
}


@dataclass
class TaskInstance:
    """A replacement for Airflow's that keeps what is pushed."""

    try_number: int = 1
    pushed: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


@dataclass
class Bench:
    """A runner of tasks that collects their traces."""

    server: QuotingServer
    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]
    error: BaseException | None = None
    evidence: dict[str, str] = field(default_factory=dict)

    def run(self, task: BaseOperator) -> None:
        ti = TaskInstance()
        result: Any = None
        dag = DAG("leaks", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC))
        dag.add_task(task)
        before = serialised(dag)
        try:
            result = Running().run(task, ti=ti)
        except Exception as error:  # noqa: BLE001 - any error is searched
            self.error = error
        self.evidence = {
            # Airflow 3 prints its log.
            "log": "".join(
                [self.caplog.text, *(repr(vars(one)) for one in self.caplog.records), *self.capfd.readouterr()]
            ),
            "xcom": json.dumps([result, ti.pushed]),
            "exception": "".join(exceptions(self.error)),
            "serialised dag": before + serialised(dag),
            "rendered fields": rendered(task),
            "operator": f"{task!r} {vars(task)!r}",
            "requests": "\n".join(self.server.seen),
            "local variables": "".join(self._reported()),
        }

    def _reported(self) -> Iterator[str]:
        if self.error is not None:
            yield from (text for _, text in recorded_locals(self.error))
            yield from (text for _, text in crash_reports(self.error))

    @property
    def found(self) -> set[str]:
        """Return the places in which a secret is found."""
        return places_of(SECRETS, self.evidence)


@pytest.fixture
def bench(
    segment_sandbox: SegmentSandbox,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Bench]:
    subscription = {"name": "Track", "actionId": "sandbox-track", "trigger": "all"}
    segment_sandbox.seed({"destinations": [THERE | {"subscriptions": [subscription]}]})
    connect("partner", password=SECRET, extra={"deep": DEEP})
    extra = {"retry_budget": 0.6, "rate_limit_budget": 0.3, "reconcile_timeout": 0, "timeout": 5}
    with quoting_server(segment_sandbox, token=TOKEN) as server, without_masker(), logging_at_debug(caplog):
        document = {"conn_type": "segment_public_api", "host": server.url, "password": TOKEN, "extra": extra}
        monkeypatch.setenv(CONNECTION_VARIABLE, json.dumps(document))
        yield Bench(server, caplog, capfd)


def test_segment_receives_the_secrets_and_there_are_traces(bench: Bench, segment_sandbox: SegmentSandbox) -> None:
    """Without this, the searches could find nothing because there is nothing."""
    bench.run(WRITES["apply"]())
    assert bench.error is None
    assert SECRET in json.loads(bench.server.bodies[0])["settings"]["apiKey"]
    assert DEEP in bench.server.bodies[0]
    assert "created destination" in bench.evidence["log"]
    assert "SecretRef(conn_id='partner', field='password')" in bench.evidence["serialised dag"]
    assert "SecretRef(conn_id='partner', field='extra.deep')" in bench.evidence["rendered fields"]
    assert "SecretRef" in bench.evidence["operator"]
    assert segment_sandbox.destinations[-1]["id"] in bench.evidence["xcom"]
    assert "POST /destinations" in bench.evidence["requests"]


@pytest.mark.parametrize("write", WRITES)
def test_nothing_leaks_in_success(bench: Bench, write: str) -> None:
    bench.run(WRITES[write]())
    assert bench.error is None
    assert bench.found == set()


@pytest.mark.parametrize(("write", "status"), [*product(WRITES, STATUSES)])
def test_nothing_leaks_in_failure(bench: Bench, write: str, status: str) -> None:
    bench.server.status, bench.server.method = STATUSES[status], "P*"
    bench.run(WRITES[write]())
    assert bench.server.met
    assert bench.found == set()


@pytest.mark.parametrize(
    ("write", "status"),
    [*product(("create", "create subscription", "apply", "apply existing"), ("500", "404", "200 page"))],
)
def test_nothing_leaks_if_a_read_fails_after_a_write(bench: Bench, write: str, status: str) -> None:
    """The server still quotes earlier requests."""
    bench.server.bodies.append(json.dumps({"settings": [SECRET, DEEP]}))
    bench.server.status, bench.server.method = STATUSES[status], "GET"
    bench.run(WRITES[write]())
    assert isinstance(bench.error, SegmentError)
    assert bench.found == set()


def test_nothing_leaks_if_a_secret_cannot_be_sent(bench: Bench, connect: Connect) -> None:
    connect("partner", password=f"{SECRET}•", extra={"deep": DEEP})
    bench.run(WRITES["create"]())
    assert "contains a bullet" in str(bench.error)
    assert bench.found == set()


def plain(settings: Any) -> Any:
    """Return settings with the secrets in them as plain strings."""
    return json.loads(msgspec.json.encode(settings, enc_hook=open_secret))


@contextmanager
def plain_local_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(SecretStr, "__repr__", SecretStr.get_secret_value)
    yield


@contextmanager
def logging_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    run = SegmentOperator.run_flow

    def logging_run(self: SegmentOperator, *arguments: Any, **named: Any) -> Any:
        self.log.debug("running with %s", plain(getattr(named.get("spec"), "settings", None)))
        return run(self, *arguments, **named)

    monkeypatch.setattr(SegmentOperator, "run_flow", logging_run)
    yield


@contextmanager
def quoting_segment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(responses, "redactor_for", lambda *_: Redactor([]))
    yield


@contextmanager
def keeping_what_was_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    checked = SegmentOperator.checked

    def keeping(self: SegmentOperator) -> dict[str, Any]:
        values = checked(self)
        vars(self)["settings"] = plain(values["settings"])
        return values

    monkeypatch.setattr(SegmentOperator, "checked", keeping)
    yield


@contextmanager
def returning_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(SegmentCreateDestinationOperator, "execute", lambda self, _: plain(self.checked()["settings"]))
    yield


@contextmanager
def naming_it_in_a_header(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from airflow_provider_segment.protocol.wire.messages import Request

    headers = {"Accept": "*/*", "Content-Type": "application/json", "X-Token": TOKEN}
    monkeypatch.setattr(Request, "headers", property(lambda _: headers))
    yield


@pytest.mark.parametrize(
    ("leak", "found"),
    [
        (plain_local_variables, {"secret in local variables", "deep secret in local variables"}),
        (logging_settings, {"secret in log", "deep secret in log"}),
        (quoting_segment, {"secret in exception", "deep secret in exception", "token in exception"}),
        (returning_settings, {"secret in xcom", "deep secret in xcom"}),
        (
            keeping_what_was_read,
            {f"{name} in {place}" for name in ("secret", "deep secret") for place in ("operator", "rendered fields")},
        ),
        (naming_it_in_a_header, {"token in requests"}),
    ],
)
def test_a_planted_leak_is_found(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, leak: Callable[[pytest.MonkeyPatch], Any], found: set[str]
) -> None:
    if leak in {quoting_segment, plain_local_variables}:
        bench.server.status, bench.server.method = STATUSES["400"], "POST"
    with leak(monkeypatch):
        bench.run(WRITES["create"]())
    assert found <= bench.found
