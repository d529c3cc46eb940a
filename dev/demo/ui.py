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

AIRFLOW_PORT, SANDBOX_PORT = 8080, 8642  # where people look first; others when these are taken

PARTNER_KEYS = {"product_analytics": "a-product-key", "marketing_analytics": "a-marketing-key"}
"""By the connections that the example DAGs refer to."""

WATCHED = {
    "id": "sandbox-watched",
    "sourceId": "sandbox-web",
    "metadataId": "sandbox-analytics",
    "name": "Watched by segment_asset_watcher",
    "settings": {"apiKey": "a-watched-key"},
}
"""Without a subscription: nothing arrives there but what a person lets arrive."""

# The "Test" button of the connection form is off by default.
_SETTINGS = {"AIRFLOW__CORE__TEST_CONNECTION": "Enabled", "AIRFLOW__API__INSTANCE_NAME": "Segment Public API provider"}


def furnish(airflow: LocalAirflow, sandbox: Sandbox) -> None:
    """Make what the example DAGs need: connections that people find under Admin, a pool, a destination to be watched.

    :param airflow: where to.
    :param sandbox: what the connection to Segment points to.
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


def say(line: str) -> None:
    """Print a line now, also into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_until_stopped(airflow: LocalAirflow, sandbox: Sandbox) -> None:
    """Say where to look, and wait for Ctrl-C or for the end of a part."""
    say(f"Airflow   {airflow.url}/dags/{DAG_ID}   no password; press Trigger and watch the run")
    say(f"Segment   {sandbox.url}/_sandbox/   what the run makes there, and every API call")
    say("Ctrl-C ends both.")
    while True:
        time.sleep(1)
        airflow.check()
        if (code := sandbox.process.poll()) is not None:
            raise SandboxFailedError(f"the sandbox has ended with exit code {code}")


def main() -> None:
    """Run until told to stop; exit with 1 when something does not start or ends by itself."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell lets its background jobs ignore the first
        signal.signal(number, stop)
    say("Starting Airflow and a local Segment, about half a minute ...")
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
            furnish(airflow, sandbox)
            show_until_stopped(airflow, sandbox)
    except (LocalAirflowError, SandboxFailedError, OSError) as error:
        sys.exit(f"\nmake ui failed: {error}")
    except KeyboardInterrupt:
        say("Stopped.")


if __name__ == "__main__":
    main()
