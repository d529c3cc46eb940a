"""Command-line arguments of ``airflow-segment``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from airflow_provider_segment.workspace.format import SCHEMAS

PROGRAM = "airflow-segment"
ERROR = 1

_FOLDER = "a folder of spec files, or a single spec file"
_STATUS = "Exit status: 0 no difference, 2 differences, 1 any error."


class _Parser(argparse.ArgumentParser):
    """An argument parser that exits with status 1 after a usage error, because status 2 reports differences."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ERROR, f"{self.prog}: error: {message}\n")


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command-line arguments.

    :param arguments: the arguments without the program name.
    :raises SystemExit: with status 1 after a usage error, 0 after ``--help``.
    """
    parser = _Parser(
        prog=PROGRAM,
        description="Manage the destinations of a Segment workspace as files.",
        epilog="The token comes from SEGMENT_TOKEN or from an Airflow connection. With SEGMENT_TOKEN, set"
        " SEGMENT_REGION to us (default) or eu, or SEGMENT_URL to another base URL, such as that of the sandbox.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    command = commands.add_parser("import", help="write spec files for what exists in Segment")
    _add_common(command, folder="folder to write to; files that still match Segment stay as they are")
    command.add_argument("--source", action="append", default=[], metavar="SLUG", help="only this source; repeatable")
    command.add_argument(
        "--no-filters", action="store_true", help="leave out filters, which take one request for each destination"
    )

    command = commands.add_parser("validate", help="check the files, without network access")
    _add_folder(command, _FOLDER)

    command = commands.add_parser("plan", help="show what an apply would change", epilog=_STATUS)
    _add_common(command, folder=_FOLDER)
    _add_planning(command)
    command.add_argument("--markdown", action="store_true", help="print Markdown, for a pull request")

    command = commands.add_parser(
        "apply",
        help="bring Segment to the described state",
        epilog="Exit status: 0 if everything was applied, else 1. It is safe to interrupt it and to run it again.",
    )
    _add_common(command, folder=_FOLDER)
    _add_planning(command)
    command.add_argument(
        "--on-error",
        choices=("stop", "continue"),
        default="stop",
        help="stop (default): write nothing if a file can't be planned, and stop at the first failure; continue:"
        " apply the other destinations",
    )

    command = commands.add_parser("drift", help="show only the differences, for a nightly check", epilog=_STATUS)
    _add_common(command, folder=_FOLDER)

    command = commands.add_parser("schema", help="print the JSON Schema of the files, for editors")
    command.add_argument("of", choices=tuple(SCHEMAS), nargs="?", default="destination")
    return parser.parse_args(arguments)


def _add_folder(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("folder", help=text)
    command.add_argument("-e", "--environment", metavar="NAME", help="use environments/NAME.yaml in the folder")
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_common(command: argparse.ArgumentParser, *, folder: str) -> None:
    _add_folder(command, folder)
    command.add_argument(
        "--connection",
        metavar="ID",
        help="Airflow connection to Segment (default: SEGMENT_TOKEN if set, else the environment's, else"
        " segment_public_api_default)",
    )
    command.add_argument("-q", "--quiet", action="store_true", help="print no progress")


def _add_planning(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-prune",
        type=_count,
        default=10,
        metavar="N",
        help="maximum number of objects marked as removed that may be removed (default: 10)",
    )
    command.add_argument("--rotate-secrets", action="store_true", help="write every supplied secret")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, not {text!r}")
    return int(text)
