"""A test of the tests: removing any rule of exactly-one provisioning is detected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from airflow_provider_segment.protocol.api.destinations import update_destination
from airflow_provider_segment.protocol.flow import exchange, meter, retry, staleness
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning import (
    apply,
    apply_filters,
    apply_subscriptions,
    comparison,
    creating,
    destination,
    diff,
    filter_plan,
    matching,
    plan,
    settings_writes,
    subscription,
)
from airflow_provider_segment.protocol.provisioning import filter as filter_module
from airflow_provider_segment.protocol.workspace import (
    apply_descriptions,
    apply_workspace,
    plan_workspace,
    replan_destination,
)
from tests.simulation.history import SCENARIOS, play, set_stage
from tests.simulation.normalised import demand_that_a_normalised_name_fails
from tests.simulation.overlapping import play_overlapping, set_overlapping_stage
from tests.simulation.scenario import Scenario, ensuring_destination
from tests.simulation.scenario_apply import applying
from tests.simulation.scenario_fleet import applying_fleet
from tests.simulation.world import ViolationError

_ENOUGH = 1200
_diff_settings = diff.diff_settings


def _finds_nothing(*_: Any, **__: Any) -> Flow[None]:
    return None
    yield


def _polls_once(options: Any, identity: Any, find: Any, *, wait_for_pending: bool) -> Flow[Any]:
    return (
        yield from creating.find_one(replace(options, reconcile_timeout=0.0), identity, find, wait_for_pending=False)
    )


def _reads_once(read: Any, enough: Any, *, seconds: float, awaited: str) -> Flow[Any]:
    return (yield from creating.poll_until(read, enough, seconds=0.0, awaited=awaited))


def _reads_subscriptions_once(read: Any, enough: Any, *, seconds: float, awaited: str) -> Flow[Any]:
    timeout = 0.0 if awaited.startswith("subscriptions") else seconds
    return (yield from creating.poll_until(read, enough, seconds=timeout, awaited=awaited))


def _retries(*arguments: Any, **named: Any) -> Any:
    """Retries a create whose response was lost like any other call."""
    call, *rest = arguments
    return retry.decide(structs.replace(call, operation=replace(call.operation, method="PATCH")), *rest, **named)


def _no_check_before_create(patch: pytest.MonkeyPatch) -> None:
    for module in (destination, subscription, filter_module):
        patch.setattr(module, "find_one", _finds_nothing)


def _retry_does_not_poll(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "poll_until", _reads_once)
    for module in (destination, subscription, filter_module):
        patch.setattr(module, "find_one", _polls_once)


def _retry_does_not_poll_for_subscriptions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "poll_until", _reads_subscriptions_once)


def _lost_create_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(creating, "_find_lost", _finds_nothing)


def _lost_create_checked_once(patch: pytest.MonkeyPatch) -> None:
    def pauses(_seconds: float) -> Iterator[float]:
        yield 0.0

    patch.setattr(creating, "poll_pauses", pauses)


def _lost_create_retried(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exchange, "decide", _retries)


def _lost_delete_must_find_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retry, "_maybe_applied", lambda _error: False)


def _schedule_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(subscription, "_missing_schedule", lambda _existing, _spec: {})


def _removal_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply_subscriptions, "_remove", _finds_nothing)


def _enabling_forgotten(patch: pytest.MonkeyPatch) -> None:

    def all_but_enabling(options: Any, **changes: Any) -> Any:
        return _finds_nothing() if changes.keys() == {"id", "enabled"} else update_destination(options, **changes)

    patch.setattr(apply, "update_destination", all_but_enabling)


def _known_ids_forgotten(patch: pytest.MonkeyPatch) -> None:
    def create(*arguments: Any, known_ids: Any, **named: Any) -> Any:
        return subscription.create_from_spec(*arguments, **named)

    patch.setattr(apply_subscriptions, "create_from_spec", create)


def _lost_siblings_not_distinguished(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(subscription, "as_described", lambda _spec, _actual: True)


def _equal_names_matched_in_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(matching, "_score", lambda _spec, _actual: (0, 0))
    patch.setattr(matching, "alike", lambda _actual: "")


def _previous_names_ignored(patch: pytest.MonkeyPatch) -> None:
    def match(specs: Any, actual: Any) -> Any:
        return matching.match_subscriptions([structs.replace(spec, previous_name=None) for spec in specs], actual)

    patch.setattr(plan, "match_subscriptions", match)


def _retry_does_not_poll_for_filters(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply_filters, "poll_until", _reads_once)


def _filters_removed_first(patch: pytest.MonkeyPatch) -> None:
    def reversed_filters(*arguments: Any, last: bool, **named: Any) -> Any:
        return apply_filters.execute_filters(*arguments, last=not last, **named)

    patch.setattr(apply, "execute_filters", reversed_filters)


def _enabled_before_its_filters(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "_is_enabled_last", lambda _plan: False)


def _filters_changed_first(patch: pytest.MonkeyPatch) -> None:
    def changed_first(*arguments: Any, **named: Any) -> Any:
        plans = filter_plan.plan_filters(*arguments, **named)
        return tuple(sorted(plans, key=lambda one: one.step is not filter_plan.FilterStep.CHANGE))

    patch.setattr(apply, "plan_filters", changed_first)


def _suspension_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(staleness, "_elapsed", lambda _start, _end: 0.0)


def _enabled_by_default(patch: pytest.MonkeyPatch) -> None:
    def enabled(spec: Any, *arguments: Any, **named: Any) -> Any:
        return diff.diff_destination(structs.replace(spec, enabled=spec.enabled is not False), *arguments, **named)

    for module in (plan, destination):
        patch.setattr(module, "diff_destination", enabled)


def _absent_settings_left_alone(patch: pytest.MonkeyPatch) -> None:
    def only_returned(spec: Any, actual: Any, *options: Any) -> Any:
        return _diff_settings({key: value for key, value in spec.items() if key in actual}, actual, *options)

    patch.setattr(diff, "diff_settings", only_returned)


def _secrets_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(comparison, "_compare_secret", lambda _secret, _tail: comparison.Match.SAME)


def _read_only_settings_raise(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settings_writes, "rejected_keys", lambda *_: [])


def _ignored_settings_not_reported(patch: pytest.MonkeyPatch) -> None:
    for module in (destination, subscription):
        patch.setattr(module, "ignored_settings", _reports_nothing)


def _reports_nothing(*_: Any) -> Flow[list[str]]:
    yield from ()
    return []


def _missing_destination_created(patch: pytest.MonkeyPatch) -> None:
    read = apply._read_destination

    def read_any(options: Any, request: Any, *more: Any) -> Any:
        return read(options, replace(request, if_missing="create"), *more)

    patch.setattr(apply, "_read_destination", read_any)


def _age_of_a_write_overestimated(patch: pytest.MonkeyPatch) -> None:
    def none_if_known(options: CallOptions) -> float:
        return 0.0 if options.pending_age else options.reconcile_timeout

    patch.setattr(CallOptions, "pending_timeout", property(none_if_known))


@pytest.mark.parametrize(
    "mutate",
    [
        _age_of_a_write_overestimated,
        _secrets_not_compared,
        _read_only_settings_raise,
        _ignored_settings_not_reported,
        _missing_destination_created,
        _no_check_before_create,
        _retry_does_not_poll,
        _retry_does_not_poll_for_subscriptions,
        _lost_create_not_checked,
        _lost_create_checked_once,
        _lost_create_retried,
        _lost_delete_must_find_it,
        _schedule_forgotten,
        _removal_forgotten,
        _enabling_forgotten,
        _retry_does_not_poll_for_filters,
        _filters_removed_first,
        _enabled_before_its_filters,
        _filters_changed_first,
        _known_ids_forgotten,
        _equal_names_matched_in_order,
        _previous_names_ignored,
        _suspension_ignored,
        _enabled_by_default,
        _absent_settings_left_alone,
    ],
)
def test_a_missing_rule_is_detected(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(ViolationError):
        _play_many()


def _fleet_retry_does_not_poll(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replan_destination, "poll_until", _reads_once)
    patch.setattr(plan_workspace, "poll_until", _reads_once)


def _fleet_trusts_its_lists(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply_workspace, "waiting", lambda *_, **__: replan_destination.Waiting())


def _fleet_ignores_suspensions(patch: pytest.MonkeyPatch) -> None:
    def unnoticed(options: Any, flow: Any, _noticed: Any) -> Any:
        return staleness.notice_suspensions(options, flow, lambda: None)

    patch.setattr(apply_workspace, "notice_suspensions", unnoticed)
    patch.setattr(apply_descriptions, "notice_suspensions", unnoticed)


def _fleet_forgets_removals(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply_workspace, "_delete", _finds_nothing)


@pytest.mark.parametrize(
    "mutate",
    [_fleet_retry_does_not_poll, _fleet_trusts_its_lists, _fleet_ignores_suspensions, _fleet_forgets_removals],
)
def test_a_missing_rule_of_the_fleet_is_detected(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(ViolationError):
        _play_many_fleets()


def test_a_fleet_that_does_not_check_what_it_created_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfirmed(_options: Any, _items: Any, results: Any) -> Flow[Any]:
        yield from ()
        return tuple(results)

    monkeypatch.setattr(apply_workspace, "confirm_created", unconfirmed)
    with pytest.raises(ViolationError, match="no run reported it"):
        _play_many_overlapping()


def test_a_missing_check_after_a_create_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfirmed(_options: Any, _identity: Any, _find: Any, created: Any) -> Flow[Any]:
        yield from ()
        return created

    monkeypatch.setattr(creating, "_confirm", unconfirmed)
    with pytest.raises(ViolationError, match="no run reported it"):
        _play_many_overlapping()


def test_a_missing_comparison_of_the_created_destination_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    demand_that_a_normalised_name_fails(range(3))
    monkeypatch.setattr(destination, "check_created", lambda *_, **__: None)
    with pytest.raises(ViolationError, match="were created as 'MINE'"):
        demand_that_a_normalised_name_fails(range(3))


def test_rotating_that_has_no_effect_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff.SettingsDiff, "to_write", lambda self, **_: self.changed)
    with pytest.raises(ViolationError, match="secretKey"):
        _play_many_of(applying)


def test_a_budget_that_starts_anew_with_each_create_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter.Meter, "left", lambda _self, options: options.retry_budget)
    with pytest.raises(ViolationError, match="was created again after"):
        # An attempt that times out takes 30 s, which must not look like a suspension.
        _play_many_of(ensuring_destination, retry_budget=3.0, reconcile_timeout=30.0)


def test_a_missing_check_after_a_refused_create_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "_check_overtaken", _finds_nothing)
    with pytest.raises(ViolationError, match="did not look again after it was refused"):
        _play_many_overlapping()


def _play_many() -> None:
    for seed in range(_ENOUGH):
        play(set_stage(seed))


def _play_many_of(scenario: Callable[..., Scenario], **options: float) -> None:
    """Play more histories of one kind, for what happens in few of them."""
    for seed in range(5 * _ENOUGH):
        stage = set_stage(seed, scenarios=(scenario,))
        stage.options = replace(stage.options, **options)  # type: ignore[arg-type]
        play(stage)


def _play_many_fleets() -> None:
    for seed in range(_ENOUGH):
        play(set_stage(seed, scenarios=(applying_fleet,)))


def _play_many_overlapping() -> None:
    for seed in range(_ENOUGH):
        play_overlapping(set_overlapping_stage(seed))


def test_each_kind_of_task_is_drawn() -> None:
    names = {set_stage(seed).scenario.name.split(",")[0].split(" ")[0] for seed in range(200)}
    assert len(names) == len(set(SCENARIOS))
