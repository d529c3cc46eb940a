"""``make ui``: the example DAGs in a real Airflow UI, with a local Segment behind it, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from dev.demo.__main__ import DAG_ID, EXAMPLES, stop
from dev.demo.sandbox import TOKEN, Sandbox, SandboxFailedError, running_sandbox
from dev.local_airflow.airflow import LocalAirflow
from dev.local_airflow.errors import LocalAirflowError
from dev.local_airflow.ports import free_port

AIRFLOW_PORT, SANDBOX_PORT = 8080, 8642  # the defaults; others if these are taken

PARTNER_KEYS = {"product_analytics": "a-product-key", "marketing_analytics": "a-marketing-key"}
"""Keys by the connections that the example DAGs reference."""

WATCHED = {
    "id": "sandbox-watched",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "Watched by segment_asset_watcher",
    "settings": {"apiKey": "a-watched-key"},
}
"""A destination without a subscription, so that only ``/_sandbox/deliver`` delivers to it."""

# The "Test" button of the connection form is off by default.
_SETTINGS = {"AIRFLOW__CORE__TEST_CONNECTION": "Enabled", "AIRFLOW__API__INSTANCE_NAME": "Segment Public API provider"}


def set_up(airflow: LocalAirflow, sandbox: Sandbox) -> None:
    """Create what the example DAGs need: connections (under Admin), a pool, and the watched destination.

    :param airflow: the Airflow.
    :param sandbox: the sandbox that the connection to Segment points to.
    """
    address = urlsplit(sandbox.url)
    connection = {
        "connection_id": "segment_public_api_default",
        "conn_type": "segment_public_api",
        "host": f"{address.scheme}://{address.hostname}",
        "port": address.port,
        "password": TOKEN,
        "description": "The local Segment of make ui",
    }
    airflow.api.post("connections", body=connection)
    for conn_id, key in PARTNER_KEYS.items():
        airflow.api.post("connections", body={"connection_id": conn_id, "conn_type": "generic", "password": key})
    airflow.api.post("pools", body={"name": "segment", "slots": 2, "description": "Segment Public API"})
    SegmentSandbox(url=sandbox.url, token=TOKEN).seed({"destinations": [WATCHED]})
    airflow.wait_for_dag(DAG_ID)
    airflow.unpause(DAG_ID)


def print_now(line: str) -> None:
    """Print a line without buffering."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_until_stopped(airflow: LocalAirflow, sandbox: Sandbox) -> None:
    """Print the URLs, and wait for Ctrl-C or the end of a process."""
    print_now(f"Airflow   {airflow.url}/dags/{DAG_ID}   no password; press Trigger and watch the run")
    print_now(f"Segment   {sandbox.url}/_sandbox/   the objects of the run, and every API call")
    print_now("Ctrl-C ends both.")
    while True:
        time.sleep(1)
        airflow.check()
        if (code := sandbox.process.poll()) is not None:
            raise SandboxFailedError(f"the sandbox has ended with exit code {code}")


def main() -> None:
    """Run until interrupted; exit with 1 if a process does not start or ends."""
    for number in (signal.SIGINT, signal.SIGTERM):  # background jobs of a shell ignore SIGINT
        signal.signal(number, stop)
    print_now("Starting Airflow and a local Segment, about half a minute ...")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="segment-ui-") as folder,
            running_sandbox(port=free_port(preferred=SANDBOX_PORT)) as sandbox,
            LocalAirflow(
                home=Path(folder),
                dags_folder=EXAMPLES,
                environment=_SETTINGS,
                port=free_port(preferred=AIRFLOW_PORT),
            ) as airflow,
        ):
            set_up(airflow, sandbox)
            show_until_stopped(airflow, sandbox)
    except (LocalAirflowError, SandboxFailedError, OSError) as error:
        sys.exit(f"\nmake ui failed: {error}")
    except KeyboardInterrupt:
        print_now("Stopped.")


if __name__ == "__main__":
    main()
