"""The entry point of the command line, which prints a command's output as text or JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any, TextIO

from airflow_provider_segment.cli.arguments import ERROR, PROGRAM, parse_arguments
from airflow_provider_segment.cli.commands import Output, run_command
from airflow_provider_segment.cli.segment import use_airflows_connections
from airflow_provider_segment.cli.text import Style
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.printable import printable_lines
from airflow_provider_segment.workspace.problems import WorkspaceFilesError


def main(arguments: Sequence[str]) -> int:
    """Run a command, print its output and return the exit status.

    :param arguments: command line arguments without the program name.
    :return: exit status: 0 or, for ``plan`` and ``drift``, 2 if there are differences; 1 after any error.
    """
    parsed = parse_arguments(arguments)
    as_json = bool(getattr(parsed, "json", False))
    stdout = sys.stdout
    use_airflows_connections()
    try:
        # Airflow also prints to standard output, which is for our own output only.
        with redirect_stdout(sys.stderr):
            output = run_command(parsed, Style(colour=_colours(stdout)))
    except (ValueError, OSError, SegmentError) as error:
        output = _failure(error, as_json=as_json)
    except KeyboardInterrupt:
        sys.stderr.write(f"{PROGRAM}: interrupted; completed changes stay, and the next run continues from there\n")
        return ERROR
    text = json.dumps(output.report, indent=2, ensure_ascii=False) if as_json else output.text
    if text:
        stdout.write(f"{text}\n")
    return output.status


def _failure(error: Exception, *, as_json: bool) -> Output:
    message = str(error) or type(error).__name__
    report: dict[str, Any] = {"error": message, "problems": []}
    if isinstance(error, WorkspaceFilesError):
        report["problems"] = [{"path": one.path, "line": one.line, "message": one.message} for one in error.problems]
    if not as_json:
        message = printable_lines(message)
        lines = [f"{PROGRAM}: error: {message}"] if not report["problems"] else [*message.splitlines(), _count(report)]
        sys.stderr.write("\n".join(lines) + "\n")
    return Output(status=ERROR, text="", report=report)


def _count(report: dict[str, Any]) -> str:
    return f"{PROGRAM}: error: {counted(len(report['problems']), 'problem')}"


def _colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")
