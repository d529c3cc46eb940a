"""Whether a rescheduled sensor has checked its destination: each of its polls runs in a new process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.delivery.criteria import MetricsQuery

_KEY = "segment_destination_checked"


class RememberedCheck:
    """The memory of a check that succeeded, in the task's state store (Airflow 3.3).

    Airflow clears XCom at each reschedule, so older versions have nowhere to keep it. A store that fails is like none.

    :param context: the task's context; it has the store, if there is one.
    :param query: names the destination and its source.
    """

    def __init__(self, context: Context, query: MetricsQuery) -> None:
        self._store: Any = context.get("task_state_store")
        ti: Any = context.get("ti")
        self._value = [query.destination_id, query.source_id, getattr(ti, "try_number", None)]

    def load(self) -> bool | None:
        """Return whether the destination was checked in this try; ``None`` if that is unknown."""
        if self._store is None:
            return None
        try:
            return bool(self._store.get(_KEY) == self._value)
        except Exception:  # noqa: BLE001 - any kind of store
            return None

    def save(self) -> None:
        """Remember that the destination was checked."""
        if self._store is None:
            return
        try:
            self._store.set(_KEY, self._value)
        except Exception:  # noqa: BLE001 - as above
            self._store = None
