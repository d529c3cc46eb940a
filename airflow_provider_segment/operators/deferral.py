"""The base class of operators that wait for rate limits in the triggerer instead of in a worker slot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from time import time
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, TypeVar

from airflow.providers.common.compat.sdk import AirflowTaskTimeout

from airflow_provider_segment.deferrable import FAILED_BY_AIRFLOW, default_deferrable
from airflow_provider_segment.operators.base import SegmentOperator, is_retry
from airflow_provider_segment.protocol.arguments import check_flag

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.flow.deferral import DeferralRequiredError, DeferralRule
    from airflow_provider_segment.protocol.flow.resumption import Resumption
    from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow

P = ParamSpec("P")
T = TypeVar("T")

_GRACE = 15.0
"""Seconds added to the deferral timeout, so that the trigger ends at the deadline before Airflow fails the task."""


class SegmentDeferrableOperator(SegmentOperator):
    """Base class of the operators that can be deferred.

    A resumed task starts its work again: it reads the current state, plans, and continues.

    :param deferrable: wait for rate limits in the triggerer, without a worker slot. Default: Airflow's ``[operators]
        default_deferrable``.
    """

    pool_advice = f"pass deferrable=True, or {SegmentOperator.pool_advice}"
    _deadline: float | None = None
    _resumption: Resumption | None = None

    def __init__(self, *, deferrable: bool | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deferrable = check_flag("deferrable", default_deferrable() if deferrable is None else deferrable)

    def execute(self, context: Context) -> Any:
        """Run the operator until it finishes or has to wait for a rate limit."""
        self._resumption = None
        self._deadline = None if self.execution_timeout is None else time() + self.execution_timeout.total_seconds()
        return self.perform_or_fail(context)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Resume the task after a wait for a rate limit.

        :param context: the task's context.
        :param event: the trigger's event.
        :raises AirflowTaskTimeout: the ``execution_timeout`` has passed.
        :raises SegmentProtocolError: the event is not from the trigger.
        """
        from airflow_provider_segment.protocol.flow.resumption import parse_resumption

        self._resumption = parse_resumption(event)
        self._deadline = self._resumption.state.deadline
        if self._deadline is not None and self._deadline <= time():
            self._raise_timeout()
        return self.perform_or_fail(context)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Resume the task; if Airflow ended the wait at the timeout, raise the same error as without deferral."""
        if next_method == FAILED_BY_AIRFLOW and "timeout" in str((next_kwargs or {}).get("error", "")).lower():
            self._raise_timeout()
        return super().resume_execution(next_method, next_kwargs, context)

    def run_flow(
        self, context: Context, flow: Callable[Concatenate[CallOptions, P], Flow[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a flow with a hook; defer before a long wait for a rate limit.

        :param context: the task's context.
        :param flow: a function of the call options and further arguments.
        """
        from airflow_provider_segment.protocol.flow.deferral import DeferralRequiredError, DeferralRule

        if not self.deferrable:
            return super().run_flow(context, flow, *args, **kwargs)
        resumed = self._resumption
        rule = DeferralRule() if resumed is None else resumed.rule()
        reconcile_timeout = 0.0

        def until_a_wait(options: CallOptions) -> Flow[T]:
            nonlocal reconcile_timeout
            reconcile_timeout = options.reconcile_timeout
            unfinished = {} if resumed is None else resumed.unfinished()
            return rule.run(flow(replace(options, unfinished=unfinished), *args, **kwargs))

        try:
            return super().run_flow(context, until_a_wait)
        except DeferralRequiredError as error:
            required = error
        # Outside the handler, so that the exception that defers has no context with frames of the flow.
        min_wait = reconcile_timeout if rule.wrote or is_retry(context) else 0.0
        return self._defer(required, rule, min_wait)

    def progress_to_json(self) -> dict[str, Any] | None:
        """Return the task's progress, excluding settings and secrets, to be stored while the task waits."""
        return None

    @property
    def stored_progress(self) -> dict[str, Any] | None:
        """The progress stored before the wait; ``None`` if the task has not waited."""
        return None if self._resumption is None else self._resumption.state.progress

    def looks_for_pending(self, context: Context) -> bool:
        """Return whether an earlier request may still be in flight, in which case lists may not show its effect yet.

        :param context: the task's context.
        """
        resumed = self._resumption
        if resumed is None:
            return is_retry(context)
        return (resumed.state.wrote or is_retry(context)) and not resumed.nothing_is_in_flight

    def pending_age(self, context: Context) -> float:
        """Return the last write's minimum age in seconds; 0 after a deferral, which may directly follow a write."""
        return super().pending_age(context) if self._resumption is None else 0.0

    @property
    def created_before(self) -> bool:
        """Whether this try sent a create request before it waited."""
        return self._resumption is not None and self._resumption.state.created

    @property
    def wrote_before(self) -> bool:
        """Whether this try sent a write request before it waited."""
        return self._resumption is not None and self._resumption.state.wrote

    def _defer(self, required: DeferralRequiredError, rule: DeferralRule, min_wait: float) -> NoReturn:
        from airflow_provider_segment.protocol.flow.resumption import TaskState
        from airflow_provider_segment.protocol.printable import printable
        from airflow_provider_segment.triggers.rate_limit import SegmentRateLimitTrigger

        now, turn = time(), required.turn
        if self._deadline is not None and self._deadline <= now:
            self._raise_timeout()
        self.log.info("%s; releasing the worker slot", printable(str(required)))
        state = TaskState(
            deadline=self._deadline,
            wrote=rule.wrote,
            created=rule.created,
            granted=rule.granted,
            min_wait=min_wait,
            call=required.call,
            progress=self.progress_to_json(),
        )
        self.defer(
            trigger=SegmentRateLimitTrigger(
                limited_as=turn.limited_as,
                count=turn.count,
                limit=turn.limit,
                not_before=now + turn.seconds if turn.seconds else 0.0,
                min_wait=min_wait,
                rejected=turn.rejected,
                deadline=self._deadline,
                state=state.to_json(),
                segment_conn_id=self.segment_conn_id,
            ),
            method_name=self.execute_complete.__name__,
            timeout=None if self._deadline is None else timedelta(seconds=self._deadline - now + _GRACE),
        )

    def _raise_timeout(self) -> NoReturn:
        raise AirflowTaskTimeout(
            f"The execution_timeout of {self.execution_timeout} passed while the task waited for a rate limit"
        )
