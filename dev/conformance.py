"""Test the sandbox against its own OpenAPI description with Schemathesis: ``make conformance``.

Schemathesis generates valid and invalid requests from the description. It reports 5xx responses, undocumented statuses,
headers, content types and bodies, invalid requests that are accepted, and requests that succeed without the token.
"""

from __future__ import annotations

import subprocess
import sys

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.server import SandboxServer
from airflow_provider_segment.sandbox.settings import Settings
from airflow_provider_segment.sandbox.state.seed import load_seed

TOKEN = "sandbox-token"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)


def main(command: str, *options: str) -> int:
    """Run Schemathesis against a sandbox with the demo's objects and without rate limits.

    :param command: the program ``schemathesis``.
    :param options: further options for it.
    :return: its exit status.
    """
    settings = Settings(subscription_write_limit_per_minute=None)
    with SandboxServer(sandbox=Sandbox(token=TOKEN, seed=load_seed("demo"), settings=settings)) as server:
        run = subprocess.run(
            [
                command,
                "run",
                f"{server.url}/_sandbox/openapi.json",
                f"--header=Authorization: Bearer {TOKEN}",
                f"--checks={','.join(CHECKS)}",
                "--generation-deterministic",
                "--max-examples=50",
                "--no-color",
                *options,
            ],
            check=False,
        )
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
