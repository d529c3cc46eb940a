"""The methods of both hooks, against the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_segment.exceptions import (
    SegmentAmbiguousWriteError,
    SegmentAuthError,
    SegmentConnectionError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentProtocolError,
    SegmentRateLimitError,
    SegmentServerError,
)
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.forwarder import forwarding_to
from tests.integration.conftest import MakeHook
from tests.request_log import methods_and_paths

CONNECTION = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"


def set_extra(monkeypatch: pytest.MonkeyPatch, sandbox: SegmentSandbox, **extra: Any) -> None:
    """Set extra fields of the connection, such as budgets."""
    fields = "&".join(f"{key}={value}" for key, value in extra.items())
    monkeypatch.setenv(CONNECTION, f"{sandbox.conn_uri}/?{fields}")


def test_nothing_is_read_or_opened_before_the_first_call(make_hook: MakeHook, segment_sandbox: SegmentSandbox) -> None:
    make_hook(segment_conn_id="no_such_connection").close()
    assert segment_sandbox.requests == []


def test_workspace_sources_and_catalog_are_read(hook: SegmentPublicApiHook) -> None:
    assert hook.get_workspace()["slug"] == "sandbox"
    assert [source["id"] for source in hook.list_sources()] == ["sandbox-web", "sandbox-shop"]
    assert "writeKeys" not in next(hook.list_sources())
    entries = {entry["id"]: entry for entry in hook.list_destinations_catalog()}
    assert {"sandbox-analytics", "sandbox-classic"} <= set(entries)
    entry = hook.get_destination_metadata(metadata_id="sandbox-analytics")
    assert {action["id"] for action in entry["actions"]} == {"sandbox-track", "sandbox-identify"}
    fields = [field for action in entry["actions"] for field in action["fields"]]
    assert {"fieldKey": "access_code", "type": "PASSWORD"} in fields
    assert all("fields" not in action for action in entries["sandbox-analytics"]["actions"])


def test_a_destination_is_created_read_updated_and_deleted(hook: SegmentPublicApiHook) -> None:
    created = hook.create_destination(
        source_id="sandbox-web",
        metadata_id="sandbox-analytics",
        name="mine",
        settings={"apiKey": "0123456789abcdef", "trackAllPages": True},
    )
    assert created["enabled"] is True
    assert created["settings"]["apiKey"].endswith("cdef")
    assert created["settings"]["trackAllPages"] is True
    assert set(created["metadata"]) <= {"id", "name", "slug", "status", "options", "actions", "supportedFeatures"}

    changed = hook.update_destination(id=created["id"], name="ours", enabled=False, settings={"trackAllPages": False})
    assert (changed["name"], changed["enabled"], changed["settings"]["trackAllPages"]) == ("ours", False, False)
    assert changed["settings"]["apiKey"] == created["settings"]["apiKey"]
    assert hook.get_destination(id=created["id"]) == changed
    whole: Any = hook.get_destination(id=created["id"], full=True)
    assert whole["metadata"]["options"]

    hook.delete_destination(id=created["id"])
    with pytest.raises(SegmentNotFoundError) as caught:
        hook.get_destination(id=created["id"])
    assert caught.value.status == 404
    assert caught.value.path == f"/destinations/{created['id']}"


def test_a_second_instance_of_a_type_that_allows_one_says_what_to_do(hook: SegmentPublicApiHook) -> None:
    common: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-classic", "settings": {}}
    hook.create_destination(name="first", **common)

    with pytest.raises(SegmentInvalidRequestError) as caught:
        hook.create_destination(name="second", **common)

    assert caught.value.status == 400
    assert str(caught.value).endswith(
        "returned 400: Multiple configurations of this destination type not supported.; a source can have only one"
        " destination of this type, and it already has one; select the existing one by its id or name, or delete it"
    )


def test_a_subscription_is_created_read_updated_and_deleted(hook: SegmentPublicApiHook, destination_id: str) -> None:
    created = hook.create_subscription(
        destination_id=destination_id,
        name="Track",
        action_id="sandbox-track",
        trigger='type = "track"',
        settings={"event": {"@path": "$.event"}, "greeting": {"@template": "Hi {{name}}"}},
        model_id="a-model",
    )
    assert (created["destinationId"], created["actionId"], created.get("modelId")) == (
        destination_id,
        "sandbox-track",
        "a-model",
    )
    changed = hook.update_subscription(
        destination_id=destination_id,
        id=created["id"],
        name="Track all",
        trigger="all",
        enabled=False,
        reverse_etl_schedule={"strategy": "periodic", "config": {"interval": "15m"}},
    )
    assert (changed["name"], changed["trigger"], changed["enabled"]) == ("Track all", "all", False)
    assert changed.get("reverseETLSchedule") == {"strategy": "PERIODIC", "config": {"interval": "15m"}}
    assert changed.get("settings") == created.get("settings")
    assert hook.get_subscription(destination_id=destination_id, id=created["id"]) == changed
    assert list(hook.list_subscriptions(destination_id=destination_id)) == [changed]
    hook.delete_subscription(destination_id=destination_id, id=created["id"])
    assert list(hook.list_subscriptions(destination_id=destination_id)) == []


def test_a_filter_is_created_read_previewed_updated_and_deleted(
    hook: SegmentPublicApiHook, destination_id: str
) -> None:
    no_emails: list[dict[str, Any]] = [{"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}]
    event = {"type": "track", "properties": {"email": "a@example.com", "total": 3}}
    created = hook.create_filter(
        destination_id=destination_id, title="No emails", condition="all", actions=no_emails, description="privacy"
    )
    assert (created["destinationId"], created["sourceId"], created["enabled"]) == (destination_id, "sandbox-web", True)
    assert (created["if"], created["actions"], created.get("description")) == ("all", no_emails, "privacy")
    preview = hook.preview_filter(condition=created["if"], actions=no_emails, payload=event)
    assert preview == {"inputPayload": event, "result": {"type": "track", "properties": {"total": 3}}}

    changed = hook.update_filter(
        destination_id=destination_id,
        id=created["id"],
        title="No pages",
        condition="type = 'page'",
        actions=[{"type": "DROP"}],
        enabled=False,
        description="",
    )
    assert (changed["title"], changed["if"], changed["actions"]) == ("No pages", "type = 'page'", [{"type": "DROP"}])
    assert (changed["enabled"], changed.get("description")) == (False, None)
    assert hook.get_filter(destination_id=destination_id, id=created["id"]) == changed
    assert list(hook.list_filters(destination_id=destination_id)) == [changed]
    hook.delete_filter(destination_id=destination_id, id=created["id"])
    assert list(hook.list_filters(destination_id=destination_id)) == []


def test_a_refused_statement_shows_the_reason(hook: SegmentPublicApiHook, destination_id: str) -> None:
    with pytest.raises(SegmentInvalidRequestError, match="unknown function 'hash'"):
        hook.create_filter(
            destination_id=destination_id, title="x", condition="hash(userId) = 1", actions=[{"type": "DROP"}]
        )


def test_delivery_metrics_are_one_flat_dict(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.deliver(destination_id, successes=90, successes_after_retry=10, discarded=6, expired=4, retried=12)
    now = datetime.now(UTC)
    metrics = hook.get_delivery_metrics(
        destination_id=destination_id,
        source_id="sandbox-web",
        start_time=now - timedelta(hours=1),
        end_time=(now + timedelta(minutes=1)).isoformat(),
        granularity="MINUTE",
    )
    assert (metrics["successes"], metrics["successes_on_first_attempt"], metrics["successes_after_retry"]) == (
        90,
        80,
        10,
    )
    assert (metrics["discarded"], metrics["expired"], metrics["retried"]) == (6, 4, 12)
    assert (metrics["attempted"], metrics["failures"]) == (100, 10)
    assert (metrics["success_rate"], metrics["failure_rate"]) == (0.9, 0.1)


def test_pages_are_fetched_as_the_iterator_is_consumed(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.seed(
        {
            "destinations": [
                {
                    "sourceId": "sandbox-web",
                    "metadataId": "sandbox-analytics",
                    "name": f"d{n}",
                    "settings": {"apiKey": "k"},
                }
                for n in range(1100)
            ]
        }
    )
    destinations = hook.list_destinations()
    assert segment_sandbox.requests == []
    first = [next(destinations) for _ in range(200)]
    assert methods_and_paths(segment_sandbox) == ["GET /destinations"]
    rest = list(destinations)
    assert methods_and_paths(segment_sandbox) == ["GET /destinations"] * 6
    assert [found["name"] for found in first + rest] == [f"d{n}" for n in range(1100)]
    assert len(list(hook.list_destinations(source_id="sandbox-web"))) == 1100
    assert methods_and_paths(segment_sandbox)[6:] == ["GET /sources/sandbox-web/connected-destinations"] * 6


def test_one_connection_serves_all_calls(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(segment_sandbox.url).port
    assert port is not None
    with forwarding_to(port) as forwarder:
        monkeypatch.setenv(CONNECTION, segment_sandbox.conn_uri.replace(str(port), str(forwarder.port)))
        hook = make_hook()
        for _ in range(5):
            hook.get_workspace()
        assert forwarder.connections == 1
    assert len(segment_sandbox.requests) == 5


def test_test_connection_names_the_workspace(hook: SegmentPublicApiHook) -> None:
    assert hook.test_connection() == (True, "Connected to workspace Sandbox (sandbox)")


def test_test_connection_says_what_to_fix(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTION, segment_sandbox.conn_uri.replace(segment_sandbox.token, "wrong"))
    works, message = make_hook().test_connection()
    assert not works
    assert "401" in message
    assert "'segment_public_api_default'" in message
    assert "127.0.0.1" in message
    assert "region" in message


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 503}, {"kind": "rate_limit", "retry_after": 60}, {"kind": "garbage"}]
)
def test_test_connection_makes_a_single_attempt(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, fault: dict[str, Any]
) -> None:
    segment_sandbox.fault(**fault, times=None)
    works, message = hook.test_connection()
    assert not works
    assert "GET / returned" in message
    assert len(segment_sandbox.requests) == 1


def test_test_connection_names_a_missing_connection(make_hook: MakeHook) -> None:
    works, message = make_hook(segment_conn_id="no_such_connection").test_connection()
    assert not works
    assert "no_such_connection" in message


def test_invalid_arguments_of_a_list_are_rejected(hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(ValueError, match="source_id is empty"):
        list(hook.list_destinations(source_id=""))
    assert segment_sandbox.requests == []


def test_invalid_arguments_of_a_list_are_rejected_at_the_call(segment_sandbox: SegmentSandbox) -> None:
    with SegmentPublicApiHook() as hook, pytest.raises(ValueError, match="source_id is empty"):
        hook.list_destinations(source_id="")


def test_a_missing_token_is_an_error_before_any_request(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTION, segment_sandbox.conn_uri.replace(f":{segment_sandbox.token}@", ":@"))
    with pytest.raises(ValueError, match="connection 'segment_public_api_default', field password: it is empty"):
        make_hook().get_workspace()
    assert segment_sandbox.requests == []


def test_a_wrong_token_is_an_error_without_a_retry(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CONNECTION, segment_sandbox.conn_uri.replace(segment_sandbox.token, "wrong"))
    with pytest.raises(SegmentAuthError) as caught:
        make_hook().get_workspace()
    assert caught.value.status == 401
    assert len(segment_sandbox.requests) == 1


def test_validation_errors_show_segments_message(hook: SegmentPublicApiHook, destination_id: str) -> None:
    now = datetime.now(UTC)
    with pytest.raises(SegmentInvalidRequestError) as caught:
        hook.get_delivery_metrics(
            destination_id=destination_id,
            source_id="sandbox-web",
            start_time=now - timedelta(hours=5),
            end_time=now,
            granularity="MINUTE",
        )
    assert caught.value.status == 422
    assert caught.value.errors[0]["message"] in str(caught.value)
    assert f"(field: {caught.value.errors[0]['field']})" in str(caught.value)


def test_an_id_cannot_change_the_path(hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox) -> None:
    with pytest.raises(SegmentNotFoundError):
        hook.get_destination(id="a/../b?c=d#e%2F\r\nX: y")
    assert methods_and_paths(segment_sandbox) == ["GET /destinations/a%2F..%2Fb%3Fc%3Dd%23e%252F%0D%0AX%3A%20y"]
    for hostile in ("", ".", "..", "x" * 256):
        with pytest.raises(ValueError, match="id"):
            hook.get_destination(id=hostile)
    assert len(segment_sandbox.requests) == 1


def test_a_mask_is_never_written_back(hook: SegmentPublicApiHook, destination_id: str) -> None:
    before = hook.get_destination(id=destination_id)
    after = hook.update_destination(id=destination_id, settings=before["settings"] | {"trackAllPages": True})
    assert after["settings"]["apiKey"] == before["settings"]["apiKey"]
    assert after["settings"]["trackAllPages"] is True


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "garbage"])
def test_a_read_is_retried_after_a_fault(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, kind: str
) -> None:
    segment_sandbox.fault(kind, method="GET", path="/")
    assert hook.get_workspace()["slug"] == "sandbox"
    assert [entry["fault"] for entry in segment_sandbox.requests] == [kind, None]


def test_a_read_is_retried_after_a_5xx(hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("status", status=503, times=2)
    assert hook.get_workspace()["slug"] == "sandbox"
    assert [entry["status"] for entry in segment_sandbox.requests] == [503, 503, 200]


@pytest.mark.parametrize("kind", ["drop_after", "truncate", "garbage"])
def test_a_create_whose_response_was_lost_is_found(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, kind: str
) -> None:
    segment_sandbox.fault(kind, method="POST")
    created = hook.create_destination(
        source_id="sandbox-web", metadata_id="sandbox-analytics", name="x", settings={"apiKey": "k"}
    )
    assert methods_and_paths(segment_sandbox) == [
        "POST /destinations",
        "GET /sources/sandbox-web/connected-destinations",
    ]
    assert [made["id"] for made in segment_sandbox.destinations] == [created["id"]]


def test_a_create_that_was_not_applied_is_sent_again(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_extra(monkeypatch, segment_sandbox, timeout="1")
    segment_sandbox.fault("status", status=503, method="POST")
    with make_hook() as hook:
        created = hook.create_destination(
            source_id="sandbox-web", metadata_id="sandbox-analytics", name="x", settings={"apiKey": "k"}
        )
    assert [made["id"] for made in segment_sandbox.destinations] == [created["id"]]
    assert methods_and_paths(segment_sandbox).count("POST /destinations") == 2


def test_a_create_that_a_slow_server_applies_late_is_found(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox
) -> None:
    segment_sandbox.fault("late", method="POST", seconds=1)
    created = hook.create_destination(
        source_id="sandbox-web", metadata_id="sandbox-analytics", name="x", settings={"apiKey": "k"}
    )
    assert [made["id"] for made in segment_sandbox.destinations] == [created["id"]]
    assert methods_and_paths(segment_sandbox).count("POST /destinations") == 1


def test_a_create_is_ambiguous_once_the_budget_is_spent(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_extra(monkeypatch, segment_sandbox, retry_budget="0.2")
    segment_sandbox.fault("drop_before", method="POST", times=None)
    with pytest.raises(SegmentAmbiguousWriteError, match="sent 1 time over 0 s, but Segment never listed the object"):
        make_hook().create_destination(
            source_id="sandbox-web", metadata_id="sandbox-analytics", name="x", settings={"apiKey": "k"}
        )


def test_a_delete_whose_response_was_lost_succeeds(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.fault("drop_after", method="DELETE")
    hook.delete_destination(id=destination_id)
    assert [entry["status"] for entry in segment_sandbox.requests][-2:] == [None, 404]


def test_a_spent_budget_says_how_often_it_was_tried(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_extra(monkeypatch, segment_sandbox, retry_budget="0.1")
    segment_sandbox.fault("status", status=500, times=None)
    with pytest.raises(SegmentServerError, match="tried 1 time over") as caught:
        make_hook().get_workspace()
    assert caught.value.status == 500


def test_a_rate_limit_is_waited_out(hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("rate_limit", retry_after=1, path="/")
    assert hook.get_workspace()["slug"] == "sandbox"
    assert [entry["status"] for entry in segment_sandbox.requests] == [429, 200]


def test_a_rate_limit_beyond_the_budget_is_an_error(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_extra(monkeypatch, segment_sandbox, rate_limit_budget="5")
    segment_sandbox.fault("rate_limit", retry_after=60)
    with pytest.raises(SegmentRateLimitError, match="rate_limit_budget of 5 s") as caught:
        make_hook().get_workspace()
    assert caught.value.status == 429


def test_the_subscription_limit_is_waited_out(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, destination_id: str
) -> None:
    segment_sandbox.settings(limit_window_seconds=1)
    for number in range(7):
        hook.create_subscription(
            destination_id=destination_id, name=f"s{number}", action_id="sandbox-track", trigger='type = "track"'
        )
    statuses = [entry["status"] for entry in segment_sandbox.requests if entry["method"] == "POST"]
    assert statuses.count(200) == 8  # the destination's among them
    assert 429 not in statuses  # the limit is known from the first response
    assert len(list(hook.list_subscriptions(destination_id=destination_id))) == 7


def test_html_instead_of_json_is_reported(
    make_hook: MakeHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_extra(monkeypatch, segment_sandbox, retry_budget="0.1")
    segment_sandbox.fault("garbage")
    with pytest.raises(SegmentProtocolError, match="an HTML page instead of JSON, beginning '<") as caught:
        make_hook().get_workspace()
    assert caught.value.status == 200
    assert caught.value.__cause__ is None


def test_a_port_without_a_server_is_a_connection_error(
    make_hook: MakeHook, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv(CONNECTION, f"segment-public-api://:t@http%3A%2F%2F127.0.0.1:{unused_port}/?retry_budget=0.1")
    with pytest.raises(SegmentConnectionError) as caught:
        make_hook().get_workspace()
    assert caught.value.sent is False
    assert "refused" in str(caught.value).lower()


def test_a_netrc_does_not_replace_the_token(
    hook: SegmentPublicApiHook, segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert hook.get_workspace()["slug"] == "sandbox"
