"""The command that runs a sandbox until it receives a signal."""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import sys
import threading
from collections.abc import Sequence

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.errors import InvalidFieldsError
from airflow_provider_segment.sandbox.server import LOOPBACK, SandboxServer
from airflow_provider_segment.sandbox.state.seed import DEMO, Seed, load_seed

PROGRAM = "python -m airflow_provider_segment.sandbox"
DEFAULT_PORT = 8642
DEFAULT_TOKEN = "sandbox-token"  # noqa: S105 - not a secret: the sandbox's own token
TOKEN_VARIABLE = "SEGMENT_SANDBOX_TOKEN"  # noqa: S105 - the name of a variable
USAGE_ERROR = 2


def main(arguments: Sequence[str]) -> int:
    """Run a sandbox until SIGTERM or SIGINT.

    :param arguments: command line arguments without the program name.
    :return: exit status: 0 after a signal, 2 if the sandbox cannot start.
    """
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not _is_loopback(options.host):
        _print_error(f"WARNING: listening on {options.host}: anyone who can reach this address can use the sandbox")
    server = SandboxServer(
        sandbox=Sandbox(token=options.token, seed=options.seed), host=options.host, port=options.port
    )
    try:
        server.start()
    except (OSError, UnicodeError) as error:  # UnicodeError: the host is not a valid hostname
        reason = getattr(error, "strerror", None) or error
        _print_error(f"can't listen on {options.host} port {options.port}: {reason}")
        return USAGE_ERROR
    sys.stdout.write(f"Segment sandbox ready on {server.url}\n")
    sys.stdout.flush()
    stop.wait()
    server.stop()
    return 0


class _Parser(argparse.ArgumentParser):
    """An argument parser that reports errors on one line, without the usage message."""

    def error(self, message: str) -> None:  # type: ignore[override]
        _print_error(message)
        sys.exit(USAGE_ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM, description="Run a local Segment Public API. Open /_sandbox/ in a browser to see its content."
    )
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port to listen on; 0 picks a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--token",
        type=_token,
        default=os.environ.get(TOKEN_VARIABLE) or DEFAULT_TOKEN,
        help=f"API token to accept (default: the environment variable {TOKEN_VARIABLE}, or {DEFAULT_TOKEN}); other"
        " users of this machine can read a token that is an argument",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        default=DEMO,
        help="JSON file with sources, catalog and destinations, or demo, or empty (default: demo)",
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535 and len(text) <= 5):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, not {text!r}")
    return int(text)


def _token(text: str) -> str:
    if not text or not all("!" <= character <= "~" for character in text):
        raise argparse.ArgumentTypeError(
            f"must be non-empty printable ASCII without spaces; it defaults to the value of {TOKEN_VARIABLE}"
        )
    return text


def _seed(name: str) -> Seed:
    try:
        return load_seed(name)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"can't read {name}: {error.strerror}") from None
    except (ValueError, InvalidFieldsError) as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _print_error(message: str) -> None:
    line = " ".join(message.split())
    sys.stderr.write(f"{PROGRAM}: {line}\n")
    sys.stderr.flush()
