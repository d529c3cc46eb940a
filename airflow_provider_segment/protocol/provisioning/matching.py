"""Matching described subscriptions to existing ones, whose names need not be unique.

Segment's app fills in the name from the action, so subscriptions that share both are common. Without an id, entries
with the same action and name are matched by trigger, then by model, then by settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from airflow_provider_segment.protocol.api.objects import Subscription
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.provisioning.ambiguity import several
from airflow_provider_segment.protocol.provisioning.comparison import json_equal
from airflow_provider_segment.protocol.provisioning.diff import diff_settings, diff_subscription, is_server_key
from airflow_provider_segment.protocol.provisioning.spec import SubscriptionSpec

_Score: TypeAlias = tuple[int, ...]
_Entries: TypeAlias = Mapping[int, SubscriptionSpec]


def match_subscriptions(specs: Sequence[SubscriptionSpec], actual: Sequence[Subscription]) -> list[Subscription | None]:
    """Return the existing subscription for each description, or ``None`` if there is none.

    :param specs: the descriptions.
    :param actual: the subscriptions in Segment, of one destination.
    :raises SegmentNotFoundError: there is no subscription with a described id.
    :raises SegmentSeveralMatchesError: several match a description equally well.
    :raises ValueError: the subscription with a described id has another action.
    """
    matches = _match_ids(specs, actual)
    for names in ([spec.name for spec in specs], [spec.previous_name for spec in specs]):
        keys = {i: (specs[i].action_id, name) for i, name in enumerate(names) if i not in matches and name is not None}
        for key in dict.fromkeys(keys.values()):
            taken = {match["id"] for match in matches.values()}
            free = [one for one in actual if one["id"] not in taken and (one["actionId"], one["name"]) == key]
            matches |= _match_group({i: specs[i] for i in keys if keys[i] == key}, free)
    return [matches.get(index) for index in range(len(specs))]


def same_model(spec: SubscriptionSpec, actual: Subscription) -> bool:
    """Return whether a subscription's Reverse ETL model, which is part of its identity, matches the description.

    :param spec: the description; if it has no model, it matches any.
    :param actual: the subscription in Segment.
    """
    return spec.model_id in (None, actual.get("modelId") or None)


def as_described(spec: SubscriptionSpec, actual: Subscription) -> bool:
    """Return whether a subscription's trigger, model and settings are as described.

    :param spec: the description.
    :param actual: the subscription in Segment.
    """
    return (
        spec.trigger == actual["trigger"]
        and same_model(spec, actual)
        and not diff_settings(spec.settings or {}, actual.get("settings") or {}).changed
    )


def alike(one: Subscription) -> str:
    """Return a key that is equal for subscriptions that differ only in their ids and in settings added by Segment.

    :param one: the subscription in Segment.
    """
    parts = [one["name"], one["actionId"], one["trigger"], one.get("modelId") or "", one["enabled"]]
    settings = {key: value for key, value in (one.get("settings") or {}).items() if not is_server_key(key)}
    return json.dumps([*parts, settings, one.get("reverseETLSchedule")], sort_keys=True)


def subscription_label(spec: SubscriptionSpec) -> str:
    """Return the label that messages use for a described subscription.

    :param spec: the description.
    """
    return f"subscription {spec.name!r} to action {spec.action_id}"


def _match_ids(specs: Sequence[SubscriptionSpec], actual: Sequence[Subscription]) -> dict[int, Subscription]:
    by_id = {one["id"]: one for one in actual}
    matches: dict[int, Subscription] = {}
    for index, spec in enumerate(specs):
        if spec.id is None:
            continue
        if spec.id not in by_id:
            message = f"subscription {spec.name!r}: the destination has no subscription with the id {spec.id}"
            raise SegmentNotFoundError(message, status=404)
        match = by_id[spec.id]
        if match["actionId"] != spec.action_id:
            raise ValueError(
                f"subscription {spec.name!r}: its action can't be changed from {match['actionId']!r} to"
                f" {spec.action_id!r}; describe a new subscription, without the id {spec.id}"
            )
        matches[index] = match
    return matches


def _match_group(entries: _Entries, candidates: Sequence[Subscription]) -> dict[int, Subscription]:
    """Match described subscriptions to existing ones with the same action and name, starting with the best scores."""
    scores = {
        (index, number): _score(spec, candidate)
        for index, spec in entries.items()
        for number, candidate in enumerate(candidates)
        if same_model(spec, candidate)
    }
    matches: dict[int, int] = {}
    for best in sorted(set(scores.values()), reverse=True):
        pairs = [pair for pair, score in scores.items() if score == best]
        while free := [(i, n) for i, n in pairs if i not in matches and n not in matches.values()]:
            matches |= _match_equals(free, entries, candidates)
    for index, number in matches.items():
        # A duplicate may differ in whether it is enabled and whether it already has its schedule.
        rivals = {n for (i, n), score in scores.items() if i == index and score[:-1] == scores[index, number][:-1]}
        if rivals - set(matches.values()):
            raise several(subscription_label(entries[index]), [candidates[n] for n in sorted(rivals)])
    return {index: candidates[number] for index, number in matches.items()}


def _match_equals(
    pairs: Sequence[tuple[int, int]], entries: _Entries, candidates: Sequence[Subscription]
) -> dict[int, int]:
    """Match the entries and candidates in the connected component of the first pair; all pairs have the same score."""
    indexes, numbers = {pairs[0][0]}, {pairs[0][1]}
    while grown := [(i, n) for i, n in pairs if (i in indexes) != (n in numbers)]:
        indexes |= {i for i, _ in grown}
        numbers |= {n for _, n in grown}
    competing = [candidates[number] for number in sorted(numbers)]
    interchangeable = len({alike(one) for one in competing}) == 1
    same_entries = all(entries[index] == entries[min(indexes)] for index in indexes)
    if len(numbers) > 1 and not (len(numbers) <= len(indexes) and (interchangeable or same_entries)):
        raise several(subscription_label(entries[min(indexes)]), competing)
    return dict(zip(sorted(indexes), sorted(numbers), strict=False))


def _score(spec: SubscriptionSpec, actual: Subscription) -> _Score:
    described, current = spec.settings or {}, actual.get("settings") or {}
    equal = not diff_settings(described, current).changed
    keys = {key for key in described if not is_server_key(key)}, {key for key in current if not is_server_key(key)}
    return (
        int(spec.trigger == actual["trigger"]),
        int(json_equal(spec.model_id, actual.get("modelId") or None)),
        int(equal) + int(equal and spec.settings is not None and keys[0] == keys[1]),
        int(not diff_subscription(spec, actual).fields),
    )
