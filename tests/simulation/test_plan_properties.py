"""Any description applied to anything: what is then there is what was described, and nothing is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.protocol.api.destinations import destinations_listing
from airflow_provider_segment.protocol.api.subscriptions import delete_subscription, subscriptions_listing
from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Pause, Reply, Send
from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest, apply_destination
from airflow_provider_segment.protocol.provisioning.diff import json_equal
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.wire.messages import Request
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.scale import SCALE
from tests.simulation import drawn_specs as states
from tests.simulation.catalog import CATALOG, SOURCE, SOURCES
from tests.simulation.model import Segment
from tests.simulation.setting_values import mask
from tests.simulation.world import START

_TERMS = CallOptions(connection="the model", reconcile_timeout=1.0)
_READ_ONLY = "externalId"
_SECRETS = ("apiKey", "secretKey")
Run = Callable[[Flow[Any]], Any]


def _watched(flow: Flow[Any], sent: list[Request]) -> Flow[Any]:
    """A flow whose requests are noted."""
    reply: Reply | None = None
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as stop:
            return stop.value
        if isinstance(step, Send) and step.request.method != "GET":
            sent.append(step.request)
        reply = yield step


class Applying(RuleBasedStateMachine):
    """One destination, described anew again and again, while others change it too."""

    begin: ClassVar[Callable[[], Run]]

    @initialize()
    def start(self) -> None:
        self.run_flow = type(self).begin()

    @rule(spec=states.destinations(with_masks=False), subscriptions=states.subscriptions, prune=st.booleans())
    def apply(self, spec: DestinationSpec, subscriptions: list[SubscriptionSpec] | None, prune: bool) -> None:
        self._apply_and_check(spec, subscriptions, prune=prune)

    @rule(spec=states.destinations(with_masks=True), subscriptions=states.subscriptions, prune=st.booleans())
    def apply_with_masks(
        self, spec: DestinationSpec, subscriptions: list[SubscriptionSpec] | None, prune: bool
    ) -> None:
        assume(self._there() is not None)
        self._apply_and_check(spec, subscriptions, prune=prune)

    @rule()
    def somebody_removes_a_subscription(self) -> None:
        there = self._there()
        assume(there is not None and there["subscriptions"])
        if there is not None:
            ids = {"destination_id": there["id"], "id": there["subscriptions"][0]["id"]}
            self.run_flow(delete_subscription(_TERMS, **ids))

    def _apply_and_check(
        self, spec: DestinationSpec, subscriptions: list[SubscriptionSpec] | None, *, prune: bool
    ) -> None:
        before = self._there()
        request = ApplyRequest(spec=spec, subscriptions=subscriptions, prune_subscriptions=prune)
        sent: list[Request] = []
        _, summary = self.run_flow(_watched(apply_destination(_TERMS, request=request, write=True), sent))
        for http_request in sent:
            assert MASK_CHARACTER not in (http_request.body or b"").decode()
        there = self._there()
        assert there is not None
        _demand(spec, subscriptions, there, before, prune=prune)
        if before is not None:
            assert there["id"] == before["id"]
        ignored = replace(spec, settings={k: v for k, v in spec.settings.items() if k != _READ_ONLY})
        plan, _ = self.run_flow(apply_destination(_TERMS, request=replace(request, spec=ignored), write=False))
        assert plan.is_empty
        assert set(summary["ignored"]) <= {_READ_ONLY}

    def _there(self) -> dict[str, Any] | None:
        listed = self.run_flow(collect(destinations_listing(source_id=SOURCE), _TERMS))
        if not listed:
            return None
        (found,) = listed
        subscriptions = self.run_flow(collect(subscriptions_listing(destination_id=found["id"]), _TERMS))
        return {**found, "subscriptions": subscriptions}


def _demand(
    spec: DestinationSpec,
    subscriptions: Sequence[SubscriptionSpec] | None,
    there: dict[str, Any],
    before: dict[str, Any] | None,
    *,
    prune: bool,
) -> None:
    assert (there["name"], there["enabled"]) == (spec.name, spec.enabled)
    comparable = {
        key: mask(value) if key in _SECRETS else value
        for key, value in spec.settings.items()
        if key != _READ_ONLY and key not in masked_keys(spec.settings)
    }
    known = None if before is None else before["settings"]
    # A key that Segment did not return counts as unchanged, and so does a secret it shows nothing of.
    unseen = {
        key
        for key in comparable
        if known is not None
        and (key not in known or str(known[key]).endswith(MASK_CHARACTER))
        and there["settings"].get(key) == known.get(key)
    }
    _demand_settings({key: value for key, value in comparable.items() if key not in unseen}, there["settings"])
    old = {one["id"]: one for one in (before or {}).get("subscriptions", [])}
    found = {one["name"]: one for one in there["subscriptions"]}
    for one in subscriptions or ():
        made = found.pop(one.name)
        assert (made["actionId"], made["trigger"], made["enabled"]) == (one.action_id, one.trigger, one.enabled)
        assert one.model_id in (None, made["modelId"])
        assert one.reverse_etl_schedule in (None, made.get("reverseETLSchedule"))
        _demand_settings(one.settings or {}, made["settings"])
    if subscriptions is not None and prune:
        assert found == {}
    else:  # those not described stay as they were
        assert all(old[one["id"]] == one for one in found.values())


def _demand_settings(wanted: dict[str, Any], there: dict[str, Any]) -> None:
    for key, value in wanted.items():
        assert value is None or json_equal(value, there[key]), key


def _model(*, replacing: bool) -> Run:
    segment, now = Segment(replace=replacing), START

    def run(flow: Flow[Any]) -> Any:
        nonlocal now
        reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as stop:
                return stop.value
            reply = segment.handle(step.request, now) if isinstance(step, Send) else None
            now += step.seconds if isinstance(step, Pause) else 0.0

    return run


def _try(begin: Callable[[], Run], *, examples: int) -> None:
    machine = type("Machine", (Applying,), {"begin": staticmethod(begin)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=6,
            deadline=None,
            derandomize=SCALE == 1,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("replacing", [False, True], ids=["merge", "replace"])
def test_against_the_model(replacing: bool) -> None:
    _try(lambda: _model(replacing=replacing), examples=60 * SCALE)


@pytest.mark.parametrize("replacing", [False, True], ids=["merge", "replace"])
def test_against_the_sandbox(replacing: bool, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(
        settings_update="replace" if replacing else "merge", subscription_write_limit_per_minute=None
    )

    with SegmentPublicApiHook() as hook:

        def begin() -> Run:
            segment_sandbox.seed({"sources": SOURCES, "catalog": CATALOG})
            return hook.driver.run

        _try(begin, examples=15 * SCALE)
