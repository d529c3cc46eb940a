from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

COMMAND = [sys.executable, "-m", "airflow_provider_segment.sandbox"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a sandbox on a free port; yield its process and the URL it prints."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Segment sandbox ready on http://127.0.0.1:")
        yield process, line.split()[-1]
    finally:
        process.kill()
        process.communicate()


def test_accepts_requests_once_it_prints_its_url() -> None:
    with running() as (_, url):
        response = requests.get(url, headers={"Authorization": "Bearer sandbox-token"}, timeout=30)
        settings = requests.get(f"{url}/_sandbox/settings", timeout=30).json()["settings"]

    assert response.json()["data"]["workspace"]["slug"] == "sandbox"
    assert settings == {
        "defaultLimitPerMinute": None,
        "subscriptionWriteLimitPerMinute": 5,
        "limitWindowSeconds": 60,
        "deliveriesPerMinute": 60,
        "clockOffsetSeconds": 0,
        "metricsLagSeconds": 0,
        "metricsAlign": "exact",
        "listLagSeconds": 0,
        "settingsUpdate": "merge",
        "duplicateNames": "reject",
        "duplicateNameStatus": 422,
        "unnamed": "absent",
    }


def test_uses_the_token_and_seed_from_the_command_line(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"sources": [{"id": "my-source"}]}))

    with running("--token", "my/token", "--seed", str(seed)) as (_, url):
        responses = [
            requests.get(f"{url}/sources/my-source", headers={"Authorization": f"Bearer {token}"}, timeout=30)
            for token in ("my/token", "sandbox-token")
        ]

    assert [response.status_code for response in responses] == [200, 401]


def test_takes_the_token_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENT_SANDBOX_TOKEN", "from-the-environment")

    with running() as (_, url):
        responses = [
            requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
            for token in ("from-the-environment", "sandbox-token")
        ]
    shown = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout

    assert [response.status_code for response in responses] == [200, 401]
    assert "SEGMENT_SANDBOX_TOKEN" in shown
    assert "from-the-environment" not in shown


def test_an_invalid_token_in_the_environment_is_a_one_line_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENT_SANDBOX_TOKEN", "two words")

    assert "SEGMENT_SANDBOX_TOKEN" in start_error("--port", "0")


def wait_for_a_request(url: str) -> None:
    """Wait until the sandbox has received a request; fail if it never does."""
    for _ in range(1000):
        if requests.get(f"{url}/_sandbox/requests", timeout=30).json()["requests"]:
            return
    pytest.fail("the sandbox received no request")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_despite_open_connections(number: signal.Signals) -> None:
    with running() as (process, url):
        address = url.removeprefix("http://")
        requests.post(f"{url}/_sandbox/faults", json={"kind": "delay", "seconds": 3600}, timeout=30)
        busy, idle = (http.client.HTTPConnection(address, timeout=30) for _ in range(2))
        busy.request("GET", "/")
        idle.connect()
        wait_for_a_request(url)

        process.send_signal(number)

        assert process.wait(timeout=20) == 0
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            busy.getresponse()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        idle.close()
        busy.close()


def start_error(*arguments: str) -> str:
    """Run a sandbox that cannot start, and return the line it prints."""
    run = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    return run.stderr


def test_a_port_in_use_is_a_one_line_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port}" in start_error("--port", str(port))


@pytest.mark.parametrize("port", ["-1", "65536", "http", "", "\u0661"])
def test_an_invalid_port_is_a_one_line_error(port: str) -> None:
    assert "--port" in start_error(f"--port={port}")


@pytest.mark.parametrize("token", ["", "two words", "tab\there", "caf\xe9", "line\r\nfeed", " "])
def test_an_invalid_token_is_a_one_line_error(token: str) -> None:
    assert "--token" in start_error(f"--token={token}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"\xff", "is not valid JSON"),
        (b"[" * 101 + b"]" * 101, "is nested more than 100 levels deep"),
        (b"[]", '"seed" must be an object'),
        (b'{"sources": 5}', '"sources" must be an array'),
        (b'{"sauces": []}', '"sauces" is not known'),
        (b'{"sources": [{"id": "a\\nb"}, {"id": "a\\nb"}]}', "is a duplicate: a b"),
        (b'{"destinations": [{"sourceId": "x", "metadataId": "y"}]}', "is not the id of a source: x"),
        (b'{"destinations": [{"sourceId": "sandbox-web", "metadataId": "y"}]}', "is not the id of a catalog entry: y"),
    ],
)
def test_an_invalid_seed_is_a_one_line_error(tmp_path: Path, text: bytes, reason: str) -> None:
    seed = tmp_path / "seed.json"
    seed.write_bytes(text)

    line = start_error("--port", "0", "--seed", str(seed))

    assert reason in line
    assert str(seed) in line


def test_an_unreadable_seed_file_is_a_one_line_error(tmp_path: Path) -> None:
    assert "No such file" in start_error("--seed", str(tmp_path / "none.json"))
    assert "directory" in start_error("--seed", str(tmp_path))


@pytest.mark.parametrize("host", ["999.0.0.1", "x" * 300, "no.such.host.invalid"])
def test_an_invalid_host_is_an_error(host: str) -> None:
    run = subprocess.run([*COMMAND, "--host", host], capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith("python -m airflow_provider_segment.sandbox: can't listen on")


def test_an_unknown_option_is_a_one_line_error() -> None:
    assert "--prot" in start_error("--prot", "1")


@pytest.mark.parametrize(("host", "warns"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_warns_when_other_machines_can_reach_it(host: str, warns: bool) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--host", host], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    ready = process.stdout.readline()
    process.terminate()
    _, errors = process.communicate(timeout=30)

    assert ready.startswith(f"Segment sandbox ready on http://{host}:")
    assert errors.count("WARNING") == warns
    assert errors.count("\n") == warns


def test_a_missing_extra_is_a_one_line_error(tmp_path: Path) -> None:
    """Simulate an environment without the extra by a uvicorn module that fails to import."""
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError(\"No module named 'uvicorn'\")")
    run = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": str(tmp_path)},
    )

    assert run.returncode == 2
    assert run.stderr == "The sandbox needs the extra airflow-provider-segment[sandbox]: No module named 'uvicorn'\n"
