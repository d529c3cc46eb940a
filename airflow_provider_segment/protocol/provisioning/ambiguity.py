"""Errors for descriptions that match several existing objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from airflow_provider_segment.protocol.api.objects import Filter, Subscription
from airflow_provider_segment.protocol.errors import SegmentSeveralMatchesError
from airflow_provider_segment.protocol.provisioning.diff import Diff

T = TypeVar("T", Filter, Subscription)


class _Plan(Protocol):
    """The planned changes to one described object."""

    @property
    def id(self) -> str | None: ...

    @property
    def spec(self) -> Any: ...

    @property
    def diff(self) -> Diff: ...


def several(label: str, candidates: Iterable[Mapping[str, Any]]) -> SegmentSeveralMatchesError:
    """Return the error for objects that can't be distinguished.

    :param label: how messages name the described object.
    :param candidates: the existing ones.
    """
    ids = tuple(one["id"] for one in candidates)
    return SegmentSeveralMatchesError(
        f"{len(ids)} objects match {label}: {', '.join(ids)}; select one by its id, or delete or rename the others",
        ids=ids,
    )


def check_changes_are_unambiguous(
    plans: Sequence[_Plan],
    matches: Sequence[T | None],
    actual: Sequence[T],
    *,
    alike: Callable[[T], str],
    label: Callable[[Any], str],
) -> None:
    """Raise if objects that differ only in their ids would be changed differently.

    :param plans: the plans of the described objects.
    :param matches: the existing object of each.
    :param actual: all existing objects.
    :param alike: returns a key that is equal for objects that differ only in their ids.
    :param label: returns how messages name a described object.
    """
    changes = {plan.id: plan.diff.changes for plan in plans}
    for plan, match in zip(plans, matches, strict=True):
        if match is None or plan.spec is None or plan.spec.id is not None or not plan.diff.fields:
            continue
        group = [one for one in actual if alike(one) == alike(match)]
        if any(changes.get(one["id"]) != plan.diff.changes for one in group):
            raise several(label(plan.spec), group)
