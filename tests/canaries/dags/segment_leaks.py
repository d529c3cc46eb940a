"""Tasks that leak on purpose, to test the search: each in a form that Airflow does not mask."""

from __future__ import annotations

import base64
import logging
from urllib.parse import quote

import requests
from airflow.providers.common.compat.sdk import DAG, BaseHook, task

with DAG("segment_leaks", schedule=None, catchup=False):

    @task
    def return_it() -> str:
        """Leak into XCom, which masks nothing."""
        return str(BaseHook.get_connection("canary_template").password)

    @task
    def log_it() -> None:
        """Leak into the log, in the form of a basic authorization header."""
        credentials = f"user:{BaseHook.get_connection('canary_reference').password}"
        logging.getLogger(__name__).info("Basic %s", base64.b64encode(credentials.encode()).decode())

    @task
    def ask_for_it() -> None:
        """Leak into a URL, and from there into the sandbox's journal."""
        segment = BaseHook.get_connection("segment_public_api_default")
        url = f"{segment.host}:{segment.port}/destinations/{quote(str(segment.password), safe='')}"
        requests.get(url, timeout=10)

    @task
    def render_it(text: str) -> None:
        """Leak into the rendered fields, URL-encoded."""

    @task
    def crash_with_it() -> None:
        """Into a local variable, which crash reporters record."""
        variables = {"deep": [BaseHook.get_connection("canary_reference").password]}
        raise RuntimeError(f"{len(variables)} variable")

    @task
    def fail_with_it() -> None:
        """Into an error in another encoding, which OpenLineage sends on."""
        secret = str(BaseHook.get_connection("canary_reference").extra_dejson["deep_secret"])
        raise RuntimeError(base64.b64encode(secret.encode()).decode())

    crash_with_it()
    fail_with_it()
    return_it()
    log_it()
    ask_for_it()
    render_it(text="{{ conn.canary_reference.extra_dejson.deep_secret | urlencode }}")
