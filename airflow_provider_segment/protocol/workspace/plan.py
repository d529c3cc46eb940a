"""The plan of a workspace: the changes that its descriptions would make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.errors import SegmentPruneLimitError
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.catalog_checks import TypeRecord
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterStep
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.forecast import Forecast, forecast, limited_calls
from airflow_provider_segment.protocol.workspace.listings import Listings


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDestination:
    """The planned changes to one described destination.

    :param description: the description, with its secrets supplied.
    :param source_id: id of its source; empty if it could not be resolved.
    :param metadata_id: catalog id of its type; empty if it could not be resolved.
    :param type: its type; ``None`` if it could not be resolved, or was planned before the apply was interrupted.
    :param plan: its plan; ``None`` if it is deleted, or already gone, or could not be planned, or was planned before.
    :param deleted: the destination to delete.
    :param earlier_result: its result, if it was planned before the apply was interrupted.
    :param earlier_id: its id, if it was planned before the apply was interrupted.
    :param warnings: possible mistakes, and what the plan can't know.
    :param error: why it could not be planned.
    :param unwritable: why the plan can't be executed; ``None`` if it can.
    """

    description: DestinationDescription
    source_id: str = ""
    metadata_id: str = ""
    type: TypeRecord | None = field(default=None, repr=False)
    plan: Plan | None = None
    deleted: Destination | None = field(default=None, repr=False)
    earlier_result: str | None = None
    earlier_id: str | None = None
    warnings: tuple[str, ...] = ()
    error: Exception | None = None
    unwritable: ValueError | None = None

    @property
    def result(self) -> str:
        """The planned result: ``created``, ``changed`` (wholly or in part), ``kept``, ``removed`` or ``failed``."""
        if self.error is not None:
            return "failed"
        if self.deleted is not None:
            return Result.REMOVED.value
        if self.plan is None and self.earlier_result is not None:
            return self.earlier_result
        if self.plan is None or self.plan.is_empty:
            return Result.KEPT.value
        created = self.plan.destination.result is Result.CREATED
        return Result.CREATED.value if created else Result.CHANGED.value

    @property
    def id(self) -> str | None:
        """The id of the destination; ``None`` if it does not exist or could not be planned."""
        if self.deleted is not None:
            return self.deleted["id"]
        return self.earlier_id if self.plan is None else self.plan.destination.id

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return self.result == Result.KEPT.value

    @property
    def removals(self) -> int:
        """How many objects are removed, not counting parts of a deleted destination."""
        if self.plan is None:
            return 0 if self.deleted is None else 1
        filters = sum(part.step is FilterStep.REMOVE for part in self.plan.filters)
        return sum(1 for _ in self.plan.of(Result.REMOVED)) + filters


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedDestination:
    """The result of an apply for one described destination.

    :param path: the file that describes it.
    :param label: how messages name it.
    :param name: its name; ``None`` if the file does not set it.
    :param result: ``created``, ``changed``, ``kept``, ``removed``, ``failed``, or ``skipped`` after a stop.
    :param id: its id, if the plan contains it.
    :param summary: the summary of its apply; ``None`` if it was deleted, skipped or failed.
    :param error: why it failed.
    """

    path: str
    label: str
    name: str | None
    result: str
    id: str | None = None
    summary: ApplySummary | None = None
    error: Exception | None = None

    @classmethod
    def of(cls, item: PlannedDestination) -> AppliedDestination:
        """Return the result that a destination will have if its whole plan is applied.

        :param item: its plan.
        """
        one = item.description
        return cls(path=one.path, label=one.label, name=one.name, result=item.result, id=item.id)

    @property
    def destination_id(self) -> str | None:
        """The id of the destination; ``None`` if it is not known."""
        return self.id if self.summary is None else self.summary["destination_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Undescribed:
    """A destination that is not described, and therefore never touched.

    :param id: its id.
    :param name: its name.
    :param source: slug or id of its source.
    :param type: slug or id of its type.
    """

    id: str
    name: str
    source: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacePlan:
    """The plan for all described destinations: what applying the descriptions would change.

    :param items: one item for each description, in the same order.
    :param undescribed: destinations of the described sources that are not described.
    :param listings: the destinations of the described sources.
    """

    items: tuple[PlannedDestination, ...]
    undescribed: tuple[Undescribed, ...] = ()
    listings: Listings = field(default_factory=Listings, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return all(item.is_empty for item in self.items)

    @property
    def failed(self) -> tuple[PlannedDestination, ...]:
        """The items that could not be planned."""
        return tuple(item for item in self.items if item.error is not None)

    @property
    def unwritable(self) -> tuple[PlannedDestination, ...]:
        """The items whose plan can't be executed."""
        return tuple(item for item in self.items if item.unwritable is not None)

    @property
    def forecast(self) -> Forecast:
        """The number of rate-limited calls that the plan requires, and the time that they take."""
        return forecast(limited_calls(item.plan) for item in self.items if item.plan is not None)

    @property
    def unsupplied_aliases(self) -> list[str]:
        """The aliases of the secrets that were not supplied and therefore not compared, in alphabetical order."""
        return sorted({alias for _, _, alias in self.unsupplied()})

    def unsupplied(self) -> Iterator[tuple[str, str, str]]:
        """Yield the path, location and alias of each secret that was not supplied and therefore not compared."""
        for item in self.items:
            for place, alias in item.description.unsupplied_secrets():
                yield item.description.path, place, alias


def check_removals(items: Sequence[PlannedDestination], *, max_prune: int) -> None:
    """Raise an error if more objects would be removed than ``max_prune`` allows.

    :param items: what is planned.
    :param max_prune: how many destinations, subscriptions and filters may be removed together.
    :raises SegmentPruneLimitError: there are more.
    """
    count = sum(item.removals for item in items)
    if count > max_prune:
        names = ", ".join(item.description.path for item in items if item.removals)
        raise SegmentPruneLimitError(
            f"{counted(count, 'object')} would be removed ({names}), but max_prune is {max_prune}"
        )
