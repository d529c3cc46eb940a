"""Any description applied to any state: the result is as described, and a further apply has nothing to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from msgspec import structs

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.protocol.api.destinations import destinations_listing
from airflow_provider_segment.protocol.api.subscriptions import delete_subscription, subscriptions_listing
from airflow_provider_segment.protocol.arguments import MASK_CHARACTER, masked_keys
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Pause, Reply, Send
from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest, apply_destination
from airflow_provider_segment.protocol.provisioning.comparison import json_equal
from airflow_provider_segment.protocol.provisioning.diff import setting_label
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary
from airflow_provider_segment.protocol.wire.messages import Request
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.scale import SCALE
from tests.simulation import drawn_specs as states
from tests.simulation.catalog import CATALOG, SOURCE, SOURCES
from tests.simulation.model import Segment
from tests.simulation.setting_values import mask
from tests.simulation.world import START

_OPTIONS = CallOptions(connection="the model", reconcile_timeout=1.0)
_READ_ONLY = "externalId"
_SECRETS = ("apiKey", "secretKey")
Run = Callable[[Flow[Any]], Any]


def _recorded(flow: Flow[Any], sent: list[Request]) -> Flow[Any]:
    """Run a flow and record its writes."""
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
    """One destination that is described again and again, while others change it too."""

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
        actual = self._there()
        assume(actual is not None and actual["subscriptions"])
        if actual is not None:
            ids = {"destination_id": actual["id"], "id": actual["subscriptions"][0]["id"]}
            self.run_flow(delete_subscription(_OPTIONS, **ids))

    def _apply_and_check(
        self, spec: DestinationSpec, subscriptions: list[SubscriptionSpec] | None, *, prune: bool
    ) -> None:
        before = self._there()
        request = ApplyRequest(spec=spec, subscriptions=subscriptions, prune_subscriptions=prune, prune_all=True)
        sent: list[Request] = []
        _, summary = self.run_flow(_recorded(apply_destination(_OPTIONS, request=request, write=True), sent))
        for http_request in sent:
            assert MASK_CHARACTER not in (http_request.body or b"").decode()
        actual = self._there()
        assert actual is not None
        _demand(spec, subscriptions, actual, before, prune=prune)
        if before is not None:
            assert actual["id"] == before["id"]
        plan, _ = self.run_flow(apply_destination(_OPTIONS, request=_without_ignored(request, summary), write=False))
        assert plan.is_empty
        for key in summary["ignored"]:
            assert key == f"settings[{_READ_ONLY!r}]" or key in _nulls(subscriptions or ()), key

    def _there(self) -> dict[str, Any] | None:
        listed = self.run_flow(collect(destinations_listing(source_id=SOURCE), _OPTIONS))
        if not listed:
            return None
        (found,) = listed
        subscriptions = self.run_flow(collect(subscriptions_listing(destination_id=found["id"]), _OPTIONS))
        return {**found, "subscriptions": subscriptions}


def _demand(
    spec: DestinationSpec,
    subscriptions: Sequence[SubscriptionSpec] | None,
    actual: dict[str, Any],
    before: dict[str, Any] | None,
    *,
    prune: bool,
) -> None:
    assert (actual["name"], actual["enabled"]) == (spec.name, _enabled(spec, before))
    comparable = {
        key: mask(value) if key in _SECRETS else value
        for key, value in spec.settings.items()
        if key != _READ_ONLY and key not in masked_keys(spec.settings)
    }
    known = None if before is None else before["settings"]
    # A secret shown as bullets only counts as unchanged.
    unseen = {
        key
        for key in comparable
        if known is not None
        and str(known.get(key)).endswith(MASK_CHARACTER)
        and actual["settings"].get(key) == known.get(key)
    }
    _demand_settings({key: value for key, value in comparable.items() if key not in unseen}, actual["settings"])
    old = {one["id"]: one for one in (before or {}).get("subscriptions", [])}
    found = {one["id"]: one for one in actual["subscriptions"]}
    for one in subscriptions or ():
        made = found.pop(_of_spec(one, list(found.values())))
        enabled = _enabled(one, old.get(made["id"]))
        assert (made["actionId"], made["trigger"], made["enabled"]) == (one.action_id, one.trigger, enabled)
        assert one.model_id in (None, made["modelId"])
        assert one.reverse_etl_schedule in (None, made.get("reverseETLSchedule"))
        _demand_settings(one.settings or {}, made["settings"])
    if subscriptions is not None and prune:
        assert found == {}
    else:  # undescribed ones stay unchanged
        assert all(old[one["id"]] == one for one in found.values())


def _of_spec(spec: SubscriptionSpec, subscriptions: list[dict[str, Any]]) -> str:
    """Return the id of the subscription a description became: of its name and model, by trigger and then by model."""

    def closeness(one: dict[str, Any]) -> tuple[bool, bool]:
        return one["trigger"] == spec.trigger, one["modelId"] == (spec.model_id or "")

    named = [one for one in subscriptions if one["name"] == spec.name and spec.model_id in (None, one["modelId"])]
    return str(max(named, key=closeness)["id"])


def _without_ignored(request: ApplyRequest, summary: ApplySummary) -> ApplyRequest:
    """Return the request without the settings that Segment ignored, as its WARNING tells users to change it."""
    ignored = summary["ignored"]

    def kept(one: SubscriptionSpec) -> SubscriptionSpec:
        label = f"subscriptions[{one.name!r}].settings"
        settings = {key: value for key, value in (one.settings or {}).items() if f"{label}[{key!r}]" not in ignored}
        return one if one.settings is None else structs.replace(one, settings=settings)

    spec = request.spec
    return replace(
        request,
        spec=structs.replace(
            spec, settings={key: value for key, value in spec.settings.items() if setting_label(key) not in ignored}
        ),
        subscriptions=request.subscriptions and list(map(kept, request.subscriptions)),
    )


def _nulls(subscriptions: Sequence[SubscriptionSpec]) -> set[str]:
    """Return the settings described by ``None``: Segment ignores a null, so the old value may stay."""
    return {
        f"subscriptions[{one.name!r}].settings[{key!r}]"
        for one in subscriptions
        for key, value in (one.settings or {}).items()
        if value is None
    }


def _enabled(spec: DestinationSpec | SubscriptionSpec, before: dict[str, Any] | None) -> bool:
    if spec.enabled is not None:
        return spec.enabled
    return True if before is None else bool(before["enabled"])


def _demand_settings(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    for key, value in expected.items():
        assert value is None or json_equal(value, actual[key]), key


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
def test_in_the_model_every_apply_leaves_nothing_to_do(replacing: bool) -> None:
    _try(lambda: _model(replacing=replacing), examples=60 * SCALE)


@pytest.mark.parametrize("replacing", [False, True], ids=["merge", "replace"])
def test_in_the_sandbox_every_apply_leaves_nothing_to_do(replacing: bool, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.settings(
        settings_update="replace" if replacing else "merge", subscription_write_limit_per_minute=None
    )

    with SegmentPublicApiHook() as hook:

        def begin() -> Run:
            segment_sandbox.seed({"sources": SOURCES, "catalog": CATALOG})
            return hook.driver.run

        _try(begin, examples=15 * SCALE)
