"""The deferred part of a wait: handing over to the trigger, and resuming with the result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
)

from airflow_provider_segment.deferrable import FAILED_BY_AIRFLOW
from airflow_provider_segment.protocol.printable import printable, printable_lines

# A mixin, used together with Airflow's sensor base class.
if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseSensorOperator as _Base
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.delivery.criteria import WaitCriteria
    from airflow_provider_segment.protocol.delivery.progress_logger import ProgressLogger
    from airflow_provider_segment.protocol.delivery.results import WaitResult
    from airflow_provider_segment.protocol.delivery.verdict import Evidence
else:
    _Base = object

_GRACE = timedelta(seconds=15)
"""Added to the deferral timeout so that the trigger, whose message is more detailed, times out before Airflow."""


class DeferrableWaitMixin(_Base):
    """The deferred part of the sensor; flags such as ``soft_fail`` have the same effect as in poke mode."""

    deferrable: bool
    _destination_checked: bool
    _resumed: bool
    _next_poll_at: str | None

    destination_id: Any
    segment_conn_id: str
    resolved_destination_id: str | None
    resolved_source_id: str | None
    evidence: Evidence | None
    stored_link: str | None

    @property
    def _criteria(self) -> WaitCriteria:
        raise NotImplementedError

    @property
    def _progress(self) -> ProgressLogger:
        raise NotImplementedError

    def poll_once(self, context: Context) -> Evidence | None:
        """Poll once, in the worker.

        :param context: the task's context.
        :return: the data behind success; ``None`` while waiting.
        """
        raise NotImplementedError

    def deadline(self, started: datetime) -> datetime:
        """Return the time at which the wait ends: after ``timeout`` or ``execution_timeout``, whichever is shorter.

        Airflow 3.3 does not apply ``execution_timeout`` to a deferred task.

        :param started: when this try started.
        """
        return started + min(self._timeouts)

    def defer_to_trigger(self, *, deadline: datetime, destination_checked: bool) -> NoReturn:
        """Defer the rest of the wait to the trigger.

        :param deadline: the end of the wait.
        :param destination_checked: whether the destination has been checked.
        """
        from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryMetricsTrigger

        left = deadline - datetime.now(UTC)
        if left <= timedelta(0):
            self._raise_timeout("the last poll gave no verdict")
        self.defer(
            trigger=SegmentDeliveryMetricsTrigger(
                **self._criteria.to_json(),
                poke_interval=self.poke_interval,
                deadline=deadline.isoformat(),
                destination_checked=destination_checked,
                destination_name=self._progress.name,
                destination_problem=self._progress.problem,
                next_poll_at=self._next_poll_at,
                segment_conn_id=self.segment_conn_id,
            ),
            method_name=self.execute_complete.__name__,
            timeout=left + _GRACE,
        )

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Resume after deferral; unlike Airflow's own method, skip on the same errors as in poke mode."""
        arguments = next_kwargs or {}
        self.stored_link = None
        self._mask_token()
        try:
            if next_method == FAILED_BY_AIRFLOW:
                return self._end_without_event(context, arguments)
            return getattr(self, next_method)(context, **arguments)
        except AirflowSkipException:
            raise
        except (AirflowSensorTimeout, AirflowFailException) as verdict:
            # In poke mode never_fail applies to errors of a poll, and no poll raises the timeout.
            if self.soft_fail or (self.never_fail and not isinstance(verdict, AirflowSensorTimeout)):
                raise AirflowSkipException(str(verdict)) from verdict
            raise
        except Exception as error:
            if self.never_fail:
                self.log.exception("The wait failed; skipping the task because of never_fail.")
                raise AirflowSkipException(str(error)) from error
            raise

    def execute_complete(self, context: Context, event: Any = None) -> Evidence | None:
        """End the task with the result of the wait.

        :param context: the task's context.
        :param event: the trigger's event.
        :raises SegmentDeliveryFailedError: a condition of ``fail_when`` holds.
        :raises SegmentDeliveryUnmetError: the window has closed without meeting ``success_when``.
        :raises AirflowSensorTimeout: the ``timeout`` has passed.
        :raises AirflowTaskTimeout: the ``execution_timeout`` has passed.
        :raises SegmentError: Segment rejected a request, or the event is not one of the trigger's.
        """
        from airflow_provider_segment.protocol.delivery.results import ERROR, TIMED_OUT, parse_event
        from airflow_provider_segment.protocol.delivery.verdict import Status

        result = parse_event(event)

        self.evidence = result.evidence
        self.resolved_destination_id, self.resolved_source_id = event.get("destination_id"), event.get("source_id")
        if destination_id := self.resolved_destination_id or self.destination_id:
            name, problem = event.get("destination_name"), event.get("destination_problem")
            self._progress.identify(destination_id, str(name or ""), str(problem or ""))
        if result.status == ERROR:
            self._raise_error(result, event)
        if result.status == TIMED_OUT:
            self._progress.last_message = result.message
            self._destination_checked = event.get("destination_checked") is True
            return self._poll_after_deadline(context)
        if result.status == Status.FAILED.value:
            self.raise_failed(result.message)
        if result.status == Status.UNMET.value:
            self.raise_unmet(result.message)
        self.log.info("%s", printable(f"{result.status}: {result.message}"))
        return result.evidence

    def raise_failed(self, message: str) -> NoReturn:
        """Fail the task, because a condition of ``fail_when`` holds.

        :param message: the verdict's message.
        """
        from airflow_provider_segment.exceptions import SegmentDeliveryFailedError

        raise SegmentDeliveryFailedError(f"deliveries failed: {message}")

    def raise_unmet(self, message: str) -> NoReturn:
        """Fail or skip the task, because the window has closed and the conditions are not met.

        :param message: the verdict's message.
        """
        from airflow_provider_segment.exceptions import SegmentDeliveryUnmetError
        from airflow_provider_segment.protocol.delivery.criteria import SKIP

        raise AirflowSkipException(message) if self._criteria.on_unmet == SKIP else SegmentDeliveryUnmetError(message)

    def should_keep_waiting(self, error: Exception) -> bool:
        """Return whether ``silent_fail`` lets a deferred wait continue after an error.

        :param error: the error of a poll.
        """
        verdicts = (AirflowSensorTimeout, AirflowFailException, AirflowSkipException)
        if not (self.deferrable and self.silent_fail) or isinstance(error, verdicts):
            return False
        self.log.error("This poll failed; the wait continues because of silent_fail: %s", error)
        return True

    def _mask_token(self) -> None:
        """Mask the token in the process that resumes the task, before the trigger's result is logged."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
        from airflow_provider_segment.masking import mask_secrets

        try:
            mask_secrets(SegmentPublicApiHook(segment_conn_id=self.segment_conn_id).options.secrets)
        except Exception:  # noqa: BLE001 - the result of the wait counts, even if the connection cannot be read now
            self.log.debug("Could not read the connection %s to mask its token.", self.segment_conn_id)

    @property
    def _timeouts(self) -> tuple[timedelta, timedelta]:
        timeout = timedelta(seconds=self.timeout)
        return timeout, self.execution_timeout or timeout  # to Airflow, 0 means no execution_timeout

    def _raise_timeout(self, message: str) -> NoReturn:
        timeout, execution_timeout = self._timeouts
        if execution_timeout < timeout:
            raise AirflowTaskTimeout(printable(f"The execution_timeout of {execution_timeout} has passed: {message}"))
        raise AirflowSensorTimeout(printable(f"Sensor has timed out after {timeout}: {message}"))

    def _poll_after_deadline(self, context: Context) -> Evidence:
        """Poll again before failing with a timeout, as poke mode does; the triggerer may have been down for hours."""
        timeout, execution_timeout = self._timeouts
        evidence = None
        if timeout <= execution_timeout:  # in poke mode, execution_timeout interrupts without another poll
            self._resumed = True
            evidence = self.poll_once(context)
        if evidence is None:
            self._raise_timeout(self._progress.last_message)
        return evidence

    def _raise_error(self, result: WaitResult, event: dict[str, Any]) -> NoReturn:
        error = result.exception()
        if result.error == AirflowNotFoundException.__name__:  # a missing connection; protocol/ imports no Airflow
            error = AirflowNotFoundException(result.message)
        if not self.should_keep_waiting(error):
            raise error
        checked = event.get("destination_checked") is True
        self.defer_to_trigger(deadline=_deadline_of(event), destination_checked=checked)

    def _end_without_event(self, context: Context, arguments: dict[str, Any]) -> Evidence:
        """End the task when the trigger sent no event: Airflow's timeout passed, or the trigger failed.

        :param context: the task's context.
        :param arguments: what Airflow passes instead of an event.
        """
        from airflow_provider_segment.exceptions import SegmentError

        reason = str(arguments.get("error", "unknown"))
        if "timeout" in reason.lower():
            self._progress.last_message = "the trigger sent no event"
            return self._poll_after_deadline(context)
        if traceback := arguments.get("traceback"):
            self.log.error("The trigger failed:\n%s", printable_lines("".join(traceback)))
        raise SegmentError(f"the trigger failed: {reason}")


def _deadline_of(event: dict[str, Any]) -> datetime:
    """Return the deadline from the event; a wait without one would never end."""
    from airflow_provider_segment.protocol.errors import SegmentProtocolError

    try:
        return datetime.fromisoformat(event["deadline"])
    except (KeyError, TypeError, ValueError):
        raise SegmentProtocolError("the trigger sent an event without a valid deadline") from None
