"""Matching of described filters with existing ones, whose titles need not be unique.

Without an id, entries with the same title are matched by everything, then by condition and actions, then by condition.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from airflow_provider_segment.protocol.api.objects import Filter
from airflow_provider_segment.protocol.errors import SegmentNotFoundError
from airflow_provider_segment.protocol.filter_arguments import relevant_actions
from airflow_provider_segment.protocol.provisioning.ambiguity import several
from airflow_provider_segment.protocol.provisioning.filter_diff import diff_filter
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec

_Entries = Mapping[int, FilterSpec]


def match_filters(specs: Sequence[FilterSpec], actual: Sequence[Filter]) -> list[Filter | None]:
    """Return the existing filter for each description, or ``None`` if there is none.

    :param specs: the descriptions.
    :param actual: the filters in Segment, of one destination.
    :raises SegmentNotFoundError: there is no filter with a described id.
    :raises SegmentSeveralMatchesError: several match a description equally well.
    """
    matches = _match_ids(specs, actual)
    for titles in ([spec.title for spec in specs], [spec.previous_title for spec in specs]):
        for title in dict.fromkeys(titles):
            taken = {match["id"] for match in matches.values()}
            entries = {i: spec for i, spec in enumerate(specs) if i not in matches and titles[i] == title is not None}
            candidates = [one for one in actual if one["id"] not in taken and one["title"] == title]
            matches |= _match_group(entries, candidates)
    return [matches.get(index) for index in range(len(specs))]


def as_described(spec: FilterSpec, actual: Filter) -> bool:
    """Return whether a filter's condition and actions are as described.

    :param spec: the description.
    :param actual: the filter in Segment.
    """
    return not {"condition", "actions"} & diff_filter(spec, actual).changes.keys()


def alike(one: Filter) -> str:
    """Return a key that is equal for filters that differ only in their ids.

    :param one: the filter in Segment.
    """
    parts = [one["title"], one["if"], relevant_actions(one["actions"]), one["enabled"], one.get("description") or ""]
    return json.dumps(parts, sort_keys=True)


def filter_label(spec: FilterSpec) -> str:
    """Return the label that messages use for a described filter.

    :param spec: the description.
    """
    return f"filter {spec.title!r}"


def _match_ids(specs: Sequence[FilterSpec], actual: Sequence[Filter]) -> dict[int, Filter]:
    by_id = {one["id"]: one for one in actual}
    for spec in specs:
        if spec.id is not None and spec.id not in by_id:
            message = f"filter {spec.title!r}: the destination has no filter with the id {spec.id}"
            raise SegmentNotFoundError(message, status=404)
    return {index: by_id[spec.id] for index, spec in enumerate(specs) if spec.id is not None}


_LEVELS: tuple[Callable[[FilterSpec, Filter], bool], ...] = (
    lambda spec, one: diff_filter(spec, one).changes.keys() <= {"title"},
    as_described,
    lambda spec, one: spec.condition == one["if"],
    lambda _spec, _one: True,
)


def _match_group(entries: _Entries, candidates: Sequence[Filter]) -> dict[int, Filter]:
    """Match described filters to existing ones with the same title, the most similar ones first."""
    matches: dict[int, Filter] = {}
    for level in _LEVELS:
        for index, spec in entries.items():
            taken = {match["id"] for match in matches.values()}
            free = [one for one in candidates if one["id"] not in taken and level(spec, one)]
            if index in matches or not free:
                continue
            rivals = [i for i in entries if i not in matches and any(level(entries[i], one) for one in free)]
            interchangeable = len({alike(one) for one in free}) == 1 or all(entries[i] == spec for i in rivals)
            if len(free) > 1 and not (len(free) <= len(rivals) and interchangeable):
                raise several(filter_label(spec), free)
            matches |= dict(zip(rivals, free, strict=False))
    _check_duplicates(entries, matches, candidates)
    return matches


def _check_duplicates(entries: _Entries, matches: Mapping[int, Filter], candidates: Sequence[Filter]) -> None:
    """Raise if an unmatched filter has the condition and actions of a matched one, which makes the match ambiguous."""
    taken = {match["id"] for match in matches.values()}
    for index, match in matches.items():
        same = [one for one in candidates if as_described(entries[index], one)]
        if match in same and any(one["id"] not in taken for one in same):
            raise several(filter_label(entries[index]), same)
