"""The story of a DAG run: its tasks, their API calls and their log lines."""

from __future__ import annotations

import re
from collections import deque

from rich.console import Console
from rich.markup import escape

from dev.demo.sandbox import Sandbox

_STARTING = re.compile(r"\[DAG TEST\] starting task_id=(\S+) map_index=(-?\d+)")
_ENDING = re.compile(r"\[DAG TEST\] end task task_id=")
# Airflow 3: `<time> [info     ] <message> [airflow.task.….airflow_provider_segment.…] loc=…`
_LOG_LINE_3 = re.compile(r"^\S+ \[(\w+)\s*\] (.*?)\s+\[airflow\.task\.\S*airflow_provider_segment\.\S+\]")
# Airflow 2.11: `[<time>] {requests_driver.py:87} INFO - <message>`
_LOG_LINE_2 = re.compile(r"^\[[^]]+T[^]]+\] \{(?:requests_driver|delivery_metrics)\.py:\d+\} (\w+) - (.*)$")

# What says why a run failed, among the hundreds of lines around it.
_ERROR = re.compile(r"\[error\s*\]|\bERROR\b|^[\w.]*(?:Error|Exception|Timeout)\b:? ?")
_LAST_ERRORS = 15

_METHOD_COLOURS = {"GET": "cyan", "POST": "green", "PATCH": "yellow", "DELETE": "magenta"}


class DagStory:
    """Prints the story of a DAG run while it runs.

    :param sandbox: the sandbox whose journal has the API calls.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._console = Console(highlight=False, soft_wrap=True)
        self._calls_shown = 0
        self._tasks = 0
        self._last: deque[str] = deque(maxlen=_LAST_ERRORS)
        self._errors: deque[str] = deque(maxlen=_LAST_ERRORS)

    def start(self, dag_id: str) -> None:
        """Print an introduction."""
        self._console.print(f"\n[bold]A local Segment[/] is running on {self._sandbox.url}")
        self._console.print(f"Airflow runs the DAG [bold]{dag_id}[/] of example_dags/ against it (half a minute) ...")

    def read(self, line: str) -> None:
        """Process one line of Airflow's output."""
        self._last.append(line)
        if _ERROR.search(line):
            self._errors.append(line)
        if started := _STARTING.search(line):
            self._tasks += 1
            mapped = "" if started[2] == "-1" else f" [dim]mapped, {int(started[2]) + 1}[/]"
            self._console.print(f"\n[bold blue]{escape(started[1])}[/]{mapped}")
        elif logged := _LOG_LINE_3.match(line) or _LOG_LINE_2.match(line):
            self._show_calls()
            colour = "yellow" if logged[1].lower() == "warning" else "white"
            self._console.print(f"  [{colour}]{escape(logged[2])}[/]")
        elif _ENDING.search(line):
            self._show_calls()

    def last_errors(self) -> str:
        """Return the last lines with an error, or the last lines if none has one."""
        return "".join(self._errors or self._last)

    def end(self) -> list[str]:
        """Print how the run ended, and return the names of the remaining destinations."""
        self._show_calls()
        calls = self._calls_shown
        remaining = [str(destination.get("name")) for destination in self._sandbox.destinations()]
        if remaining:
            self._console.print(f"\n[bold red]{len(remaining)} destinations are left in the workspace.[/]\n")
        else:
            done = f"[bold green]Done.[/] {self._tasks} tasks, {calls} API calls"
            self._console.print(f"\n{done}; no destination is left in the workspace, as before the run.\n")
        return remaining

    def _show_calls(self) -> None:
        calls = self._sandbox.calls()
        for call in calls[self._calls_shown :]:
            method, status = call["method"], call["status"]
            colour = "green" if status < 400 else "red"
            self._console.print(
                f"  [{_METHOD_COLOURS.get(method, 'white')}]{method:6}[/] {escape(call['path'])} [{colour}]{status}[/]"
            )
        self._calls_shown = len(calls)
