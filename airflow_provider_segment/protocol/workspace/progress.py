"""The stored progress that lets an interrupted apply of many descriptions resume and return the same result.

Like the summary, it contains no values of settings, because Airflow's database stores it while a task waits. Finished
destinations are stored as results only; the others are read and planned again right before they are written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from airflow_provider_segment.protocol import errors
from airflow_provider_segment.protocol.errors import SegmentApiError, SegmentError
from airflow_provider_segment.protocol.provisioning.plan import Plan, Result
from airflow_provider_segment.protocol.provisioning.progress import DESTINATION, ApplyProgress, Executed, StoredProgress
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.forecast import limited_calls
from airflow_provider_segment.protocol.workspace.plan import PlannedDestination, WorkspacePlan
from airflow_provider_segment.protocol.workspace.plan_workspace import PlanOptions


class StoredError(msgspec.Struct, omit_defaults=True):
    """An error in a form that can be stored as JSON.

    :param kind: name of its class.
    :param message: its message, without settings or secrets.
    :param transient: as in ``SegmentError``.
    :param status: HTTP status, if Segment returned one.
    :param method: method of the request.
    :param path: path of the request.
    """

    kind: str
    message: str
    transient: bool = False
    status: int = 0
    method: str = ""
    path: str = ""

    @classmethod
    def of(cls, error: Exception) -> StoredError:
        """Return an error in a form that can be stored as JSON.

        :param error: the error.
        """
        stored = cls(type(error).__name__, str(error), transient=getattr(error, "transient", False))
        if isinstance(error, SegmentApiError):
            stored.status, stored.method, stored.path = error.status, error.method, error.path
        return stored

    def restored(self) -> Exception:
        """Rebuild the error from its class, message, status and request."""
        kind = getattr(errors, self.kind, None)
        if not isinstance(kind, type) or not issubclass(kind, SegmentError):
            return ValueError(self.message)
        error = kind(self.message)
        error.transient = self.transient
        if isinstance(error, SegmentApiError):
            error.status, error.method, error.path = self.status, self.method, self.path
        return error


class DestinationProgress(msgspec.Struct, omit_defaults=True):
    """The progress of one described destination.

    :param path: the file that describes it.
    :param planned: the result of its first plan.
    :param name: its described name.
    :param source_id: id of its source; empty if it could not be resolved.
    :param id: its id, once known.
    :param calls: the limited calls that are left, as in ``forecast``.
    :param result: its result, once it is done.
    :param error: why it failed.
    :param apply: the progress of its apply, once that has begun.
    """

    path: str
    planned: str
    name: str | None = None
    source_id: str = ""
    id: str | None = None
    calls: str = ""
    result: str | None = None
    error: StoredError | None = None
    apply: ApplyProgress | None = None

    @classmethod
    def of(cls, item: PlannedDestination) -> DestinationProgress:
        """Return the progress of a destination that has just been planned.

        :param item: the plan.
        """
        described, error = item.description, item.error or item.unwritable
        if error is not None:
            failed, stored = "failed", StoredError.of(error)
            return cls(described.path, failed, described.name, item.source_id, id=item.id, result=failed, error=stored)
        return cls(
            described.path,
            item.result,
            described.name,
            item.source_id,
            id=item.id,
            calls="" if item.plan is None else limited_calls(item.plan),
            result=item.result if item.is_empty else None,
        )

    def begin(self, plan: Plan) -> ApplyProgress:
        """Record that a plan is about to be executed, and return the progress of the apply.

        :param plan: the plan.
        """
        if self.apply is None:
            self.apply = ApplyProgress()
        self.apply.begin(plan)
        return self.apply

    def add(self, executed: Executed, plan: Plan) -> None:
        """Record what was done to execute a plan, whether or not the execution was completed.

        :param executed: what it did.
        :param plan: the executed plan.
        """
        self.begin(plan).add(executed, plan)
        self.id = self.id or next(iter(self.created(DESTINATION)), None)
        self.calls = limited_calls(plan, executed.ids)

    def created(self, kind: str) -> Sequence[str]:
        """Return the ids of the objects that were created.

        :param kind: their kind.
        """
        return () if self.apply is None else self.apply.created.get(kind, ())

    def end(self, result: str, error: Exception | None = None) -> None:
        """Record the result, and discard the progress of the apply.

        :param result: the result.
        :param error: why it failed.
        """
        self.result, self.calls, self.apply = result, "", None
        self.error = None if error is None else StoredError.of(error)


@dataclass(slots=True)
class WorkspaceProgress(StoredProgress):
    """The progress of an apply of many descriptions, including what it did before it was interrupted.

    :param described: a hash of the descriptions; if they change, the apply plans again, as a retry does.
    :param sources: ids of sources, by the slug or id in the descriptions.
    :param types: catalog ids of types, by the slug or id in the descriptions.
    :param unsupplied: aliases of the secrets that were not compared.
    :param destinations: the progress of each description; empty until they are planned.
    """

    described: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    unsupplied: list[str] = field(default_factory=list)
    destinations: list[DestinationProgress] = field(default_factory=list)

    def begin(self, plan: WorkspacePlan, how: PlanOptions) -> None:
        """Record the first plan.

        :param plan: the plan that is about to be executed.
        :param how: how it was planned.
        """
        items = plan.items
        self.described = _fingerprint([item.description for item in items], how)
        self.sources = {item.description.source: item.source_id for item in items if item.source_id}
        self.types = {item.description.type: item.metadata_id for item in items if item.metadata_id}
        self.unsupplied = plan.unsupplied_aliases
        self.destinations = list(map(DestinationProgress.of, items))

    def plan(self, descriptions: Sequence[DestinationDescription], how: PlanOptions) -> WorkspacePlan | None:
        """Return the stored part of the first plan: its results and ids.

        :param descriptions: the descriptions, which may have been edited while the task waited.
        :param how: how to plan them.
        :return: the plan; ``None`` if the descriptions have to be planned, for the first time or again.
        """
        if not self.destinations or self.described != _fingerprint(descriptions, how):
            return None
        return WorkspacePlan(
            items=tuple(
                PlannedDestination(
                    description=description,
                    source_id=self.sources.get(description.source, ""),
                    metadata_id=self.types.get(description.type, ""),
                    earlier_result=one.planned,
                    earlier_id=one.id,
                    error=one.error.restored() if one.error is not None and one.planned == "failed" else None,
                )
                for description, one in zip(descriptions, self.destinations, strict=True)
            )
        )

    @property
    def errors(self) -> list[Exception]:
        """The errors of the destinations that failed."""
        return [one.error.restored() for one in self.destinations if one.error is not None]

    @property
    def to_write(self) -> list[DestinationProgress]:
        """The destinations to write, including those already written."""
        return [one for one in self.destinations if one.planned not in (Result.KEPT.value, "failed")]

    @property
    def calls(self) -> list[str]:
        """The rate-limited calls that are left, one entry for each destination."""
        return [one.calls for one in self.destinations]


def _fingerprint(descriptions: Sequence[DestinationDescription], how: PlanOptions) -> str:
    """Return a hash of the descriptions and options, excluding the values of secrets.

    It has 32 bits: enough to notice an edit, and too few to confirm a guess of a setting.
    """
    described = json.dumps([descriptions, how], default=_fields)
    return hashlib.blake2b(described.encode(), digest_size=4).hexdigest()


def _fields(value: Any) -> dict[str, Any] | str:
    if isinstance(value, SecretStr):
        return repr(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    # The paths of templates are a set, which has another order in each process.
    return {one.name: getattr(value, one.name) for one in fields(value) if one.name != "templated"}
