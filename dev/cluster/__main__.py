"""Run a cluster, disturb it, and check what it did: ``make cluster`` and ``make cluster-quick``."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from rich.console import Console

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.cluster import described
from dev.cluster.airflow import ClusterAirflow
from dev.cluster.checks import violations
from dev.cluster.disturbances import Disturber
from dev.cluster.evidence import Evidence
from dev.cluster.options import Options, parse_options
from dev.cluster.phases import Phases
from dev.cluster.plan import draw_plan
from dev.cluster.programs import MissingProgramError, Programs, find_programs
from dev.cluster.report import print_report
from dev.cluster.services import running_postgresql, running_redis, running_sandbox
from dev.cluster.traces import Traces
from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.home import TRIGGERER_TAKEOVER_SECONDS
from dev.secret_search import Search

DAGS = Path(__file__).parent / "dags"
SUBSCRIPTION_WRITES_PER_MINUTE = 5
"""Segment's limit."""

LOST, FAILED = 0.05, 0.02
"""Shares of the requests whose response is lost after their effect, and that fail with a 503."""

_PHASE_SECONDS = 1800.0
_MINUTE = 60.0
_WIDTH = 100
"""Columns that the table needs; a log has no width of its own."""


def run(options: Options, programs: Programs, folder: Path, console: Console) -> Evidence:
    """Run a cluster, and return what is known afterwards.

    :param options: what to run.
    :param programs: the installed programs.
    :param folder: an empty folder.
    :param console: shows the progress.
    """
    token, key = f"cluster-token-{secrets.token_hex(16)}", f"cluster-key-{secrets.token_hex(16)}"
    evidence = Evidence(described=described.described_destinations(options.destinations), key=key)
    with ExitStack() as stack:
        folders = {name: folder / name for name in ("postgresql", "redis", "sandbox")}
        for path in folders.values():
            path.mkdir()
        database = stack.enter_context(running_postgresql(folders["postgresql"], programs))
        broker_url = stack.enter_context(running_redis(folders["redis"], programs))
        sandbox = stack.enter_context(running_sandbox(folders["sandbox"], token=token))
        set_up(sandbox, options, evidence.described.sources)
        airflow = stack.enter_context(
            ClusterAirflow(
                home=folder / "airflow",
                dags_folder=DAGS,
                database=database,
                broker_url=broker_url,
                concurrency=options.concurrency,
                heartbeat_timeout=options.heartbeat_timeout,
                environment=connections(sandbox, key) | {described.VARIABLE: str(options.destinations)},
            )
        )
        fernet_key = airflow.home.environment()["AIRFLOW__CORE__FERNET_KEY"]
        traces = Traces(folder=folder, database=database, fernet_key=fernet_key)
        disturber = Disturber(
            airflow,
            draw_plan(options.seed, quick=options.quick),
            worker_timeout=options.heartbeat_timeout,
            triggerer_timeout=TRIGGERER_TAKEOVER_SECONDS,
        )
        Phases(
            airflow=airflow,
            sandbox=sandbox,
            database=database,
            disturber=disturber,
            traces=traces,
            evidence=evidence,
            console=console,
            timeout=_PHASE_SECONDS
            + options.destinations * 2 * _MINUTE / (SUBSCRIPTION_WRITES_PER_MINUTE * options.factor),
        ).run_all()
        search = Search({"token": token, "key": key})
        traces.search(search, sandbox)
        evidence.secrets, evidence.searched = sorted(search.found), search.summary()
        evidence.logs = traces.task_logs()
    return evidence


def set_up(sandbox: SegmentSandbox, options: Options, sources: Sequence[str]) -> None:
    """Set a sandbox's sources and limits, and make it lose responses and fail."""
    sandbox.seed({"sources": [{"id": source, "slug": source} for source in sources]})
    limit = max(1, round(SUBSCRIPTION_WRITES_PER_MINUTE * options.factor))
    sandbox.settings(subscription_write_limit_per_minute=limit, deliveries_per_minute=0)
    sandbox.fault("drop_after", times=None, probability=LOST, seed=options.seed)
    sandbox.fault("status", status=503, times=None, probability=FAILED, seed=options.seed)


def connections(sandbox: SegmentSandbox, key: str) -> dict[str, str]:
    """Return the variables with the connections to Segment, and to the place of the destinations' key."""
    address = urlsplit(sandbox.url)
    segment = {
        "conn_type": "segment_public_api",
        "host": f"{address.scheme}://{address.hostname}",
        "port": address.port,
        "password": sandbox.token,
        "extra": {"timeout": 10},
    }
    partner = {"conn_type": "generic", "password": key}
    return {
        "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT": json.dumps(segment),
        f"AIRFLOW_CONN_{described.KEY_CONNECTION.upper()}": json.dumps(partner),
    }


@contextmanager
def folder_for_data(keep: Path | None) -> Iterator[Path]:
    """Make a folder through which PostgreSQL's user can reach its own.

    :param keep: the folder, which must be new or empty; None for one that is deleted afterwards.
    """
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="segment-cluster-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def stop(_number: int, _frame: FrameType | None) -> None:
    """Stop as Ctrl-C does, so that nothing is left running."""
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Run, print the table, and return the exit status: 0 if every check passed, otherwise 1."""
    options = parse_options(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, _WIDTH)
    try:
        programs = find_programs()
        console.print(
            f"A cluster for {options.destinations} destinations, with seed {options.seed} and {options.factor:g} times"
            " Segment's limit; it starts in half a minute ..."
        )
        with folder_for_data(options.keep) as folder:
            evidence = run(options, programs, folder, console)
    except (MissingProgramError, LocalAirflowError, OSError) as error:
        sys.stderr.write(f"make cluster failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("make cluster was stopped\n")
        return 1
    found = violations(evidence)
    print_report(evidence, found, console)
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
