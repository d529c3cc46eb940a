"""What a sensor does around a wait in the trigger: handing it over, and taking up its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
    AirflowTaskTimeout,
    conf,
)

from airflow_provider_segment.protocol.printable import printable, printable_lines

# A mixin: beside it stands Airflow's base of sensors.
if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseSensorOperator as _Base
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.protocol.delivery.criteria import WaitCriteria
    from airflow_provider_segment.protocol.delivery.results import WaitResult
    from airflow_provider_segment.protocol.delivery.verdict import Evidence
else:
    _Base = object

_GRACE = timedelta(seconds=15)
"""How much later than the trigger Airflow itself ends the wait: the trigger says more, if it still can."""

_FAILED_BY_AIRFLOW = "__fail__"
"""The method Airflow names when the trigger broke, or when its time was over: the same on 2.11 and 3."""


def default_deferrable() -> bool:
    """Airflow's ``[operators] default_deferrable``."""
    return bool(conf.getboolean("operators", "default_deferrable", fallback=False))


class DeferrableWaitMixin(_Base):
    """The deferred part of the sensor; the flags of Airflow's sensors act as they do in poke mode."""

    deferrable: bool
    _destination_checked: bool
    destination_id: Any
    segment_conn_id: str
    evidence_found: Evidence | None

    @property
    def _criteria(self) -> WaitCriteria:
        raise NotImplementedError

    def poll_once(self, context: Context) -> Evidence | None:
        """Look once, in the worker.

        :param context: of the task.
        :return: what success rests on; ``None`` while it is awaited.
        """
        raise NotImplementedError

    def deadline(self, started: datetime) -> datetime:
        """The end of the wait: Airflow 3.3 does not hold a deferred task to its ``execution_timeout``.

        :param started: when this try did.
        """
        return started + min(self._timeouts)

    def defer_to_trigger(self, *, deadline: datetime, destination_checked: bool) -> NoReturn:
        """Leave the worker.

        :param deadline: until when to wait.
        :param destination_checked: whether the destination was read, as the first look does.
        """
        from airflow_provider_segment.triggers.delivery_metrics import SegmentDeliveryMetricsTrigger

        left = deadline - datetime.now(UTC)
        if left <= timedelta(0):
            self._raise_timeout("the conditions did not hold at the last look")
        self.defer(
            trigger=SegmentDeliveryMetricsTrigger(
                **self._criteria.to_json(),
                poke_interval=self.poke_interval,
                deadline=deadline.isoformat(),
                destination_checked=destination_checked,
                segment_conn_id=self.segment_conn_id,
            ),
            method_name=self.execute_complete.__name__,
            timeout=left + _GRACE,
        )

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the trigger; Airflow's own turns other errors into skips than its ``execute`` does."""
        given = next_kwargs or {}
        self._mask_token()
        try:
            if next_method == _FAILED_BY_AIRFLOW:
                self._raise_trigger_failure(given)
            return getattr(self, next_method)(context, **given)
        except AirflowSkipException:
            raise
        except (AirflowSensorTimeout, AirflowFailException) as verdict:
            # In poke mode never_fail is about looks, and no look raises the timeout.
            if self.soft_fail or (self.never_fail and not isinstance(verdict, AirflowSensorTimeout)):
                raise AirflowSkipException(str(verdict)) from verdict
            raise
        except Exception as error:
            if self.never_fail:
                self.log.exception("The wait failed; never_fail makes a skip of it.")
                raise AirflowSkipException(str(error)) from error
            raise

    def execute_complete(self, context: Context, event: Any = None) -> Evidence | None:
        """Take up how the wait ended.

        :param context: of the task.
        :param event: of the trigger.
        :raises SegmentDeliveryFailedError: a condition of ``fail_when`` holds.
        :raises AirflowSensorTimeout: the ``timeout`` is over.
        :raises AirflowTaskTimeout: the ``execution_timeout`` is over.
        :raises SegmentError: Segment refused, or the event is none of the trigger's.
        """
        from airflow_provider_segment.exceptions import SegmentDeliveryFailedError
        from airflow_provider_segment.protocol.delivery.results import ERROR, RECHECK, TIMED_OUT, parse_event
        from airflow_provider_segment.protocol.delivery.verdict import Status

        result = parse_event(event)
        if result.status == RECHECK:
            return self._recheck(context, event)
        self.evidence_found = result.evidence
        if result.status == ERROR:
            self._raise_error(result, event)
        if result.status == TIMED_OUT:
            self._raise_timeout(result.message)
        if result.status == Status.FAILED.value:
            raise SegmentDeliveryFailedError(f"destination {self.destination_id}: {result.message}")
        self.log.info("%s", printable(f"Destination {self.destination_id} {result.status}: {result.message}"))
        return result.evidence

    def continues_after(self, error: Exception) -> bool:
        """Say whether ``silent_fail`` lets a deferred wait go on after an error.

        :param error: of a look.
        """
        verdicts = (AirflowSensorTimeout, AirflowFailException, AirflowSkipException)
        if not (self.deferrable and self.silent_fail) or isinstance(error, verdicts):
            return False
        self.log.error("This look failed; silent_fail lets the wait go on: %s", error)
        return True

    def _mask_token(self) -> None:
        """Mask the token in this process, a new one, before it logs what the trigger reports."""
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
        from airflow_provider_segment.masking import mask_secrets

        try:
            mask_secrets(SegmentPublicApiHook(segment_conn_id=self.segment_conn_id).options.secrets)
        except Exception:  # noqa: BLE001 - the result of the wait counts, even if the connection cannot be read now
            self.log.debug("The connection %s cannot be read to mask its token.", self.segment_conn_id)

    @property
    def _timeouts(self) -> tuple[timedelta, timedelta]:
        timeout = timedelta(seconds=self.timeout)
        return timeout, self.execution_timeout or timeout  # 0 is none, to Airflow

    def _raise_timeout(self, message: str) -> NoReturn:
        timeout, execution_timeout = self._timeouts
        if execution_timeout < timeout:
            raise AirflowTaskTimeout(printable(f"The execution_timeout of {execution_timeout} is over: {message}"))
        raise AirflowSensorTimeout(printable(f"Sensor has timed out after {timeout}: {message}"))

    def _recheck(self, context: Context, event: dict[str, Any]) -> Evidence:
        """Take the first look again, now that Segment answers."""
        if (evidence := self.poll_once(context)) is None:
            self.defer_to_trigger(deadline=_deadline_of(event), destination_checked=self._destination_checked)
        return evidence

    def _raise_error(self, result: WaitResult, event: dict[str, Any]) -> NoReturn:
        error = result.exception()
        if result.error == AirflowNotFoundException.__name__:  # the connection; the protocol knows no Airflow
            error = AirflowNotFoundException(result.message)
        if not self.continues_after(error):
            raise error
        self.defer_to_trigger(deadline=_deadline_of(event), destination_checked=True)

    def _raise_trigger_failure(self, given: dict[str, Any]) -> NoReturn:
        """Airflow ended the wait; an error of the trigger is an error here as well, and ``soft_fail`` no way around."""
        from airflow_provider_segment.exceptions import SegmentError

        reason = str(given.get("error", "unknown"))
        if "timeout" in reason.lower():
            self._raise_timeout("the trigger did not answer any more")
        if traceback := given.get("traceback"):
            self.log.error("The trigger failed:\n%s", printable_lines("".join(traceback)))
        raise SegmentError(f"the trigger failed: {reason}")


def _deadline_of(event: dict[str, Any]) -> datetime:
    """The deadline that was handed to the trigger; a wait without one would never end."""
    from airflow_provider_segment.protocol.errors import SegmentProtocolError

    try:
        return datetime.fromisoformat(event["deadline"])
    except (KeyError, TypeError, ValueError):
        raise SegmentProtocolError("the trigger ended with an event that says no deadline") from None
