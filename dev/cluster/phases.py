"""The phases of a run: a DAG run each, watched and disturbed until it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.cluster.airflow import ClusterAirflow
from dev.cluster.disturbances import Disturber, Hit
from dev.cluster.evidence import Evidence, PhaseResult
from dev.cluster.memory import MemoryPeaks
from dev.cluster.services import Database
from dev.cluster.traces import Traces
from dev.local_airflow.dag_run import DagRun
from dev.local_airflow.errors import LocalAirflowError

Instances = Sequence[dict[str, Any]]

_CHECK_INTERVAL = 0.5
_SHOWN_FAILURES = 3
_LAST_LINES = 12
_STALE_SECONDS = 10
"""Seconds for which a worker that was frozen might still send what it had begun, before Airflow ends its tasks."""

_DEADLINES = """
    SELECT task_instance.id, trigger.kwargs
    FROM trigger JOIN task_instance ON task_instance.trigger_id = trigger.id
    WHERE task_instance.run_id = %s
"""


class Phases:
    """Runs the phases and collects their evidence.

    :param airflow: the cluster.
    :param sandbox: its Segment.
    :param database: its database.
    :param disturber: kills and freezes.
    :param traces: dumps the database.
    :param evidence: receives the results.
    :param console: shows the progress.
    :param timeout: seconds that a phase may take.
    """

    def __init__(
        self,
        *,
        airflow: ClusterAirflow,
        sandbox: SegmentSandbox,
        database: Database,
        disturber: Disturber,
        traces: Traces,
        evidence: Evidence,
        console: Console,
        timeout: float,
    ) -> None:
        self._airflow = airflow
        self._sandbox = sandbox
        self._database = database
        self._disturber = disturber
        self._traces = traces
        self._evidence = evidence
        self._console = console
        self._timeout = timeout
        self._memory = MemoryPeaks(airflow)
        self._started = time.monotonic()

    def run_all(self) -> None:
        """Provision, wait, disable and delete; stop after a phase that failed."""
        evidence = self._evidence
        provisioned = self._run("apply_by_mapping", self._watch_until_ended)
        provisioned = provisioned and self._run("apply_by_fleet", self._watch_until_ended)
        evidence.height = self._sandbox.destinations
        if provisioned and self._run("wait", self._watch_waits) and self._run("disable", self._watch_until_ended):
            evidence.disabled = self._sandbox.destinations
            self._run("delete", self._watch_until_ended)
        evidence.rest = self._sandbox.destinations
        evidence.hits, evidence.missed = self._disturber.hits, self._disturber.missed
        evidence.memory = dict(self._memory.parts)

    def _run(self, name: str, watch: Callable[[DagRun], None]) -> bool:
        """Run a phase, and return whether it succeeded."""
        calls, started = len(self._sandbox.requests), time.monotonic()
        self._memory.reset_total()
        run = self._airflow.trigger(name)
        self._disturber.start_phase(name)
        self._say(f"{name} has started")
        watch(run)
        self._disturber.end_phase()
        if any(hit.disturbance.phase == name and hit.disturbance.action == "freeze" for hit in self._disturber.hits):
            time.sleep(_STALE_SECONDS)
        self._traces.dump(f"after {name}")
        result = PhaseResult(
            name=name,
            instances=run.task_instances(),
            calls=self._sandbox.requests[calls:],
            seconds=time.monotonic() - started,
            memory=self._memory.total,
        )
        self._evidence.phases.append(result)
        self._say(f"{name} has ended: {run.state()}")
        self._show_failures(run, result)
        return run.state() == "success"

    def _show_failures(self, run: DagRun, result: PhaseResult) -> None:
        """Print the ends of the logs of a few failed tasks, since the logs are deleted."""
        for one in [one for one in result.instances if one["state"] == "failed"][:_SHOWN_FAILURES]:
            log = run.task_log(one["task_id"], try_number=one["try_number"], map_index=one["map_index"])
            lines = "\n  ".join(log.splitlines()[-_LAST_LINES:])
            self._say(f"{one['task_id']}[{one['map_index']}] failed; its log ends with:\n  {lines}")

    def _watch_until_ended(self, run: DagRun) -> None:
        dumped = False

        def ended(instances: Instances) -> bool:
            nonlocal dumped
            if not dumped and any(one["state"] == "deferred" for one in instances):
                self._traces.dump(f"deferred {run.dag_id}")  # while it holds the triggers
                dumped = True
            return run.state() in ("success", "failed") and not self._disturber.is_active

        self._watch(run, ended)

    def _watch_waits(self, run: DagRun) -> None:
        """Disturb the waits when all are deferred; then deliver what they wait for."""
        count = len(self._evidence.described.all)
        self._watch(run, lambda instances: [one["state"] for one in instances] == ["deferred"] * count, disturb=False)
        self._evidence.deadlines.append(self._deadlines(run))
        self._traces.dump("deferred wait")
        self._watch(run, lambda _: self._disturber.is_done)
        self._evidence.deadlines.append(self._deadlines(run))
        for destination in self._sandbox.destinations:
            self._sandbox.deliver(destination["id"], successes=10, at=datetime.now(UTC) - timedelta(minutes=5))
        self._watch_until_ended(run)

    def _watch(self, run: DagRun, is_done: Callable[[Instances], bool], *, disturb: bool = True) -> None:
        until = time.monotonic() + self._timeout
        while True:
            self._airflow.check()
            instances = run.task_instances()
            self._memory.sample()
            if disturb:
                self._disturb(instances)
            if is_done(instances):
                return
            if time.monotonic() > until:
                states = sorted({str(one["state"]) for one in instances})
                raise LocalAirflowError(f"{run.dag_id} has not ended after {self._timeout:g} s; its tasks are {states}")
            time.sleep(_CHECK_INTERVAL)

    def _disturb(self, instances: Instances) -> None:
        before = self._disturber.current
        self._disturber.tick(instances)
        after = self._disturber.current
        if before is None and after is not None:
            self._say(f"{after.disturbance.action} {after.part}; tasks on it: {len(after.tasks)}")
        elif before is not None and after is None:
            self._say(f"{before.part} is back; {_outcome(before)}")

    def _deadlines(self, run: DagRun) -> dict[str, str]:
        rows = self._database.query(_DEADLINES, run.run_id)
        return {str(task): _decoded(arguments)["deadline"] for task, arguments in rows}

    def _say(self, what: str) -> None:
        self._console.print(f"{time.monotonic() - self._started:6.0f} s  {what}", markup=False)


def _decoded(arguments: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(arguments) if isinstance(arguments, str) else arguments
    return decoded


def _outcome(hit: Hit) -> str:
    if not hit.lost:
        return "its tasks had just ended, so it will be disturbed again"
    taken_over = "not taken over" if hit.taken_over is None else f"taken over after {hit.taken_over:.0f} s"
    return f"{len(hit.lost)} of its tasks were {taken_over}"
