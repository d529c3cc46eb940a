"""The sensor that waits for deliveries. https://docs.segmentapis.com/tag/Destinations"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseSensorOperator, PokeReturnValue

from airflow_provider_segment.deferrable import default_deferrable
from airflow_provider_segment.hooks.connection_form import DEFAULT_CONN_ID
from airflow_provider_segment.hooks.unavailable import ConnectionUnavailableError, reading_connection
from airflow_provider_segment.lineage.datasets import DeliveryLineage
from airflow_provider_segment.links.segment import SegmentDestinationsLink
from airflow_provider_segment.protocol.api.granularity import MINUTE
from airflow_provider_segment.protocol.arguments import check_flag
from airflow_provider_segment.protocol.delivery import schedule
from airflow_provider_segment.protocol.delivery.criteria import (
    CRITERIA_CHECKS,
    DEFAULT_SETTLE_TIME,
    FAIL,
    REQUIRED,
    WARN,
    Observation,
    WaitCriteria,
    build_criteria,
    build_wait_window,
    check_criteria_combination,
)
from airflow_provider_segment.protocol.delivery.schedule import requested_delay
from airflow_provider_segment.protocol.delivery.window import AUTO, WINDOW_CHECKS
from airflow_provider_segment.protocol.selection import DESTINATION_CHECKS, DestinationSelection
from airflow_provider_segment.sensors.deferral import DeferrableWaitMixin
from airflow_provider_segment.templating import CheckedArguments

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
    from airflow_provider_segment.protocol.delivery.failures import FailureRule
    from airflow_provider_segment.protocol.delivery.polling import FinalPieces
    from airflow_provider_segment.protocol.delivery.progress_logger import ProgressLogger
    from airflow_provider_segment.protocol.delivery.verdict import Evidence, Verdict
    from airflow_provider_segment.protocol.flow.steps import CallOptions
    from airflow_provider_segment.protocol.provisioning.references import ResolvedIds
    from airflow_provider_segment.sensors.destination_check import RememberedCheck
    from airflow_provider_segment.templating import Text


_LAST_POLL_SECONDS = 10.0
"""Seconds that the poll after the deadline may spend on retries and on waiting for rate limits."""


class SegmentDeliveryMetricsSensor(DeferrableWaitMixin, DeliveryLineage, CheckedArguments, BaseSensorOperator):
    """Wait until a destination's delivery metrics meet conditions, or fail when they meet a failure condition.

    A condition is ``<name> <op> <number>``, such as ``"success_rate >= 0.99"``; op is one of ``> >= < <= == !=``. Names
    are Segment's own (``successes``, ``successes_on_first_attempt``, ``successes_after_retry``, ``expired``,
    ``discarded``, ``retried``, ``time_to_success_average``, ``time_to_success_p95``, ``time_to_first_attempt_average``,
    ``time_to_first_attempt_p95``) and derived ones: ``attempted`` = successes + expired + discarded, ``failures`` =
    expired + discarded, and shares of ``attempted`` from 0 to 1: ``success_rate``, ``failure_rate``, ``discard_rate``
    and ``expiry_rate``. Rates do not include events that are still being retried; those count only as ``retried``.

    Transient failures (5xx, no connection, 429) never end the wait, only its timeout does; 401, 403, 404 and 422 end
    it at once. Airflow's sensor flags (``soft_fail``, ``never_fail``, ``silent_fail``) act the same in all modes. All
    arguments except ``deferrable`` are templated.

    Segment's finest counts are per minute, so a ``poke_interval`` below 60 seconds is raised to 60 at granularity
    ``MINUTE``, except on a loopback address.

    :param destination_id: id of the destination; only cloud-mode destinations have delivery data. Without it, pass
        ``source``, ``destination_type`` and ``name``, which are looked up before the first poll; in reschedule mode
        before Airflow 3.3, before each poll.
    :param source: its source, by slug or id. With ``destination_id``, it may be left out and is read from Segment.
    :param source_id: id of its source, instead of ``source``.
    :param destination_type: its type, by slug or catalog id.
    :param metadata_id: catalog id of its type, instead of ``destination_type``.
    :param name: its display name.
    :param success_when: one or more conditions, all of which must hold.
    :param fail_when: one or more conditions, any of which fails the task; they take precedence over ``success_when``.
    :param window: length of the time window: a timedelta, a number of seconds, or ISO 8601 such as ``"PT30M"``; at
        most 14 days, see ``granularity``. It ends at ``end_time``; without it, the window slides and ends now. Either
        this or ``start_time`` is required, because any default could count events from before the run.
    :param start_time: start of an anchored window, a datetime or ISO 8601; without a timezone, UTC.
        ``"{{ data_interval_start }}"`` needs a schedule with non-empty data intervals: those of Airflow 3's cron
        strings and manual runs are empty. If the start is in the future, the sensor waits for it.
    :param end_time: end of an anchored window. Success is then decided ``settle_time`` after it, because Segment's
        data lags; failure is decided at any time. Without it, the window ends now and grows.
    :param min_attempted: number of attempted events needed for any verdict. Default 1; set it higher if a condition
        uses a rate. For a condition on ``retried``, retried events count too.
    :param settle_time: how long after ``end_time`` to wait for late data. Default 120 seconds.
    :param on_unmet: what to do when the window has closed and ``success_when`` does not hold: ``"fail"`` (default),
        ``"skip"``, or ``"wait"`` until the timeout. Decided ``settle_time`` after ``end_time``, or 4 h 15 min after it
        while events are being retried, because Segment retries for four hours. A window that is too old for Segment's
        retention ends the same way, even with ``"wait"``.
    :param if_disabled: what to do if the destination is disabled when the wait starts, for example by a circuit
        breaker: ``"warn"`` (default) logs a warning and waits, ``"fail"`` raises ``SegmentDestinationDisabledError``.
    :param granularity: ``"auto"`` (default) requests a window aligned to whole hours or days (UTC) by hour or day, and
        adds up minutes for any other window, up to 48 hours back. ``"HOUR"`` (7 days) and ``"DAY"`` (14 days) count
        only the hours or days that are entirely inside the window. ``"MINUTE"`` always adds up minutes; the minutes in
        which the window starts and ends may count as a whole. Conditions on ``time_to_…`` metrics need a window that
        one request covers: up to 4 hours of minutes.
    :param deferrable: if the first poll, in the worker, gives no verdict, wait in the triggerer without a worker slot.
        ``timeout`` and ``execution_timeout`` count from the start of the try. Default: Airflow's ``[operators]
        default_deferrable``. ``mode``, ``exponential_backoff`` and ``max_wait`` then have no effect.
    :param segment_conn_id: the Airflow connection, of type ``segment_public_api``.
    :return: ``{"metrics", "conditions", "start_time", "end_time", "granularity"}``: the data behind the verdict.
    :raises ValueError: an argument is invalid; raised when the DAG is parsed, or when the task runs for a template.
    :raises SegmentDeliveryFailedError: a condition of ``fail_when`` holds; not retried, and skipped with ``soft_fail``.
    :raises SegmentDeliveryUnmetError: the window has closed without meeting ``success_when``; not retried, and skipped
        with ``soft_fail``.
    :raises SegmentDestinationDisabledError: the destination is disabled, with ``if_disabled="fail"``.
    :raises SegmentError: Segment rejected a request.
    """

    argument_checks = CRITERIA_CHECKS
    required = REQUIRED
    operator_extra_links = (SegmentDestinationsLink(),)
    #: The link to Segment, once it is stored; ``None`` if another process stored it.
    stored_link: str | None = ""
    ui_color = "#c7e9da"

    def __init__(
        self,
        *,
        success_when: str | Sequence[str],
        destination_id: Text | None = None,
        source: Text | None = None,
        source_id: Text | None = None,
        destination_type: Text | None = None,
        metadata_id: Text | None = None,
        name: Text | None = None,
        fail_when: str | Sequence[str] = (),
        window: timedelta | float | str | None = None,
        start_time: datetime | str | None = None,
        end_time: datetime | str | None = None,
        min_attempted: int | str = 1,
        settle_time: timedelta | float | str = DEFAULT_SETTLE_TIME,
        on_unmet: str = FAIL,
        if_disabled: str = WARN,
        granularity: str = AUTO,
        deferrable: bool | None = None,
        segment_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poke_interval = self._requested_interval = max(self.poke_interval, schedule.MIN_INTERVAL)
        self.deferrable = check_flag("deferrable", default_deferrable() if deferrable is None else deferrable)
        self.destination_id = destination_id
        self.source = source
        self.source_id = source_id
        self.destination_type = destination_type
        self.metadata_id = metadata_id
        self.name = name
        self.success_when = success_when
        self.fail_when = fail_when
        self.window = window
        self.start_time = start_time
        self.end_time = end_time
        self.min_attempted = min_attempted
        self.settle_time = settle_time
        self.on_unmet = on_unmet
        self.if_disabled = if_disabled
        self.granularity = granularity
        self.segment_conn_id = segment_conn_id
        self._destination_checked = False
        self._polled = False
        self._ids: ResolvedIds | None = None
        self._located: WaitCriteria | None = None
        self._resumed = False
        self._reschedules = 0
        self._not_before = datetime.min.replace(tzinfo=UTC)
        self._next_poll_at: str | None = None
        self.check_literal_arguments()

    def check_combination(self) -> None:
        """Check that one destination is selected, and that exactly one of ``window`` and ``start_time`` is set."""
        check_criteria_combination({argument: getattr(self, argument) for argument in CRITERIA_CHECKS})

    def check_known_arguments(self) -> dict[str, Any]:
        """Check the arguments known when the DAG is parsed and, if the window is known, how they fit together."""
        known = super().check_known_arguments()
        if not self._unknown.keys() & {*WINDOW_CHECKS, "settle_time"}:
            build_wait_window(known)
        return known

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Poll once; with ``deferrable``, defer the rest of the wait to the trigger."""
        started = datetime.now(UTC)
        evidence = self.poll_once(context)
        if evidence is None and self.deferrable and datetime.now(UTC) < (deadline := self.deadline(started)):
            self.defer_to_trigger(deadline=deadline, destination_checked=self._destination_checked)
        # After the deadline Airflow raises the timeout, as in the other modes.
        return PokeReturnValue(is_done=evidence is not None, xcom_value=evidence)

    def poll_once(self, context: Context) -> Evidence | None:
        """Poll once, and close the session unless the next poll runs in this process.

        :param context: the task's context.
        :return: the data behind success; ``None`` while waiting.
        """
        ended = True  # an error ends the wait too
        try:
            evidence = self._poll_and_decide(context)
            ended = evidence is not None or self.reschedule or self.deferrable
        except Exception as error:
            if self.never_fail:
                self.log.exception("This poll failed; skipping the task because of never_fail.")
            if not self.should_keep_waiting(error):
                raise
            evidence = None
        finally:
            # Not in an overridden `execute`: Airflow 2.11 warns about its call of the base class's.
            if ended:
                self._hook.close()
        return evidence

    def _poll_and_decide(self, context: Context) -> Evidence | None:
        # Imported late: a DAG file that imports sensors must not load an HTTP library.
        from airflow_provider_segment.exceptions import SegmentError
        from airflow_provider_segment.protocol.delivery.verdict import Status

        if datetime.now(UTC) < self._not_before:
            return None
        self._reschedules = context.get("task_reschedule_count", 0)
        try:
            verdict = self._poll_with_current_connection(context)
            self._failure_rule.succeeded(datetime.now(UTC))
        except SegmentError as error:
            if not self._failure_rule.is_transient(error, datetime.now(UTC)):
                raise
            self._log_failure(error, delay=requested_delay(error))
            return None
        except ConnectionUnavailableError as error:
            if self._is_first_poke(context) and not self._resumed:
                raise (error.__cause__ or error) from None
            self._log_failure(error)
            return None
        self._note_interval(verdict.observation)
        for line in self._progress.lines(verdict, datetime.now(UTC)):
            self.log.info("%s", line)
        self.evidence = verdict.evidence
        if verdict.status is Status.FAILED:
            self.raise_failed(self._progress.describe(verdict))
        if verdict.status is Status.UNMET:
            self.raise_unmet(self._progress.describe(verdict))
        return verdict.evidence if verdict.status is Status.SUCCEEDED else None

    def _note_interval(self, observation: Observation) -> None:
        """Set ``poke_interval``, which Airflow reads after each poll, and the earliest time of the next poll."""
        per_minute = self._hook.options.min_poll_interval
        self.poke_interval = schedule.useful_interval(
            self._requested_interval, observation.granularity, per_minute=per_minute
        )
        if observation.granularity == MINUTE:
            self._next_poll_at = (observation.at + timedelta(seconds=per_minute)).isoformat()

    @cached_property
    def _hook(self) -> SegmentPublicApiHook:
        from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

        return SegmentPublicApiHook(segment_conn_id=self.segment_conn_id)

    @property
    def _selection_arguments(self) -> dict[str, Any]:
        return {argument: getattr(self, argument) for argument in DESTINATION_CHECKS}

    @cached_property
    def _progress(self) -> ProgressLogger:
        from airflow_provider_segment.protocol.delivery.progress_logger import ProgressLogger

        return ProgressLogger(str(DestinationSelection(**self._selection_arguments)))

    @cached_property
    def _criteria(self) -> WaitCriteria:
        return build_criteria(self.checked())

    def _poll_with_current_connection(self, context: Context) -> Verdict:
        """Poll; after a permanent error, reload the connection and, if it has changed, poll again."""
        from airflow_provider_segment.exceptions import SegmentError

        with reading_connection():
            base_url = self._hook.segment_connection.base_url
        first = self._is_first_poke(context)
        if first and not self._resumed and (warning := self._criteria.warning):
            self.log.warning("%s", warning)
        if not self._polled:  # once per process, because a rescheduled sensor starts in a new one
            self._persist_link(context, base_url)
            self._polled = True
        try:
            return self._poll(context)
        except SegmentError as error:
            if error.transient:
                raise
            with reading_connection():
                changed = self._hook.refresh()
            if not changed:
                raise
        return self._poll(context)

    def _persist_link(self, context: Context, base_url: str) -> None:
        try:
            self.stored_link = SegmentDestinationsLink.persist(context, base_url)
        except Exception as error:  # noqa: BLE001 - any kind of XCom backend; a link is not worth a failed gate
            self.log.warning("The link to the destinations could not be stored: %s", error)

    @cached_property
    def _failure_rule(self) -> FailureRule:
        from airflow_provider_segment.protocol.delivery.failures import FailureRule

        return FailureRule(datetime.now(UTC) if self._resumed or self._reschedules else None)

    def _log_failure(self, error: Exception, *, delay: float = 0.0) -> None:
        self._not_before = datetime.now(UTC) + timedelta(seconds=delay)
        self.log.warning("This poll failed; polling again in %.0f s: %s", max(self.poke_interval, delay), error)

    def _poll(self, context: Context) -> Verdict:
        from airflow_provider_segment.exceptions import SegmentNotFoundError
        from airflow_provider_segment.protocol.delivery.polling import poll

        options = self._hook.options.capped(self._retry_seconds)
        if self._must_check_destination(context):
            located = self._check_destination(context, options)
        else:
            located = self._located or self._locate(options, check=False)
        now, final = datetime.now(UTC), self._final_pieces
        try:
            verdict: Verdict = self._hook.driver.run(poll(options, criteria=located, now=now, final=final))
        except SegmentNotFoundError:
            if not self._destination_checked:
                self._check_destination(context, options)  # its error names what was not found
            raise
        if not (self._destination_checked or verdict.observation.has_events):
            self._check_destination(context, options)
        return verdict

    def _must_check_destination(self, context: Context) -> bool:
        """Return whether to check the destination before the poll.

        Without a state store, a rescheduled sensor can't know whether an earlier poll has checked it. From its
        second poll on, it checks the destination only if the poll returns no events.
        """
        if self.reschedule and not self._destination_checked:
            known = self._remembered_check(context).load()
            if known:
                destination_id, source_id, problem = known
                self._destination_checked, self._located = True, self._criteria.located(destination_id, source_id)
                self._progress.identify(destination_id, self._criteria.destination.name or "", problem)
            if known is None:
                return context.get("task_reschedule_count") == 0
        return not self._destination_checked

    def _remembered_check(self, context: Context) -> RememberedCheck:
        from airflow_provider_segment.sensors.destination_check import RememberedCheck

        return RememberedCheck(context, self._criteria.query)

    def _check_destination(self, context: Context, options: CallOptions) -> WaitCriteria:
        located = self._locate(options, check=True)
        self._destination_checked = True
        if self.reschedule:
            query = located.query
            self._remembered_check(context).save(query.destination_id, query.source_id, self._progress.problem)
        return located

    def _locate(self, options: CallOptions, *, check: bool) -> WaitCriteria:
        """Return the criteria with the ids of the destination and its source."""
        from airflow_provider_segment.protocol.delivery.locating import locate
        from airflow_provider_segment.protocol.provisioning.references import ResolvedIds

        self._ids = self._ids or ResolvedIds()
        query = (self._located or self._criteria).query
        query, name, problem = self._hook.driver.run(locate(options, query=query, ids=self._ids, check=check))
        self._progress.identify(query.destination_id, name, problem)
        self.resolved_destination_id, self.resolved_source_id = query.destination_id, query.source_id
        self._located = self._criteria.located(query.destination_id, query.source_id)
        return self._located

    @cached_property
    def _final_pieces(self) -> FinalPieces:
        from airflow_provider_segment.protocol.delivery.polling import FinalPieces

        return FinalPieces()

    @property
    def _retry_seconds(self) -> float:
        """Seconds that a poll may spend on retries and on waiting for rate limits."""
        if self._resumed:
            return min(self.poke_interval, _LAST_POLL_SECONDS)
        if self.deferrable:
            return 0.0  # defer instead of holding a worker slot
        return float(self.poke_interval)  # the next poll is as good as a retry

    def _is_first_poke(self, context: Context) -> bool:
        """Return whether this is the first poke; on Airflow 2.11, true for every poke in reschedule mode."""
        return not self._destination_checked and not context.get("task_reschedule_count", 0)
