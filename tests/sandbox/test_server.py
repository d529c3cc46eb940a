from __future__ import annotations

import http.client
import socket

import pytest

from airflow_provider_segment.sandbox.core import Sandbox
from airflow_provider_segment.sandbox.server import SandboxServer
from airflow_provider_segment.sandbox.state.seed import load_seed


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(token="token", seed=load_seed("empty"))


def test_each_server_has_its_own_port_and_releases_it(sandbox: Sandbox) -> None:
    with SandboxServer(sandbox=sandbox) as first, SandboxServer(sandbox=sandbox) as second:
        assert first.url != second.url
        address = ("127.0.0.1", int(first.url.rpartition(":")[2]))

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=30)


def test_a_port_in_use_raises_os_error(sandbox: Sandbox) -> None:
    with SandboxServer(sandbox=sandbox) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            SandboxServer(sandbox=sandbox, port=port).start()


def test_the_url_is_unknown_before_the_start(sandbox: Sandbox) -> None:
    server = SandboxServer(sandbox=sandbox)

    with pytest.raises(RuntimeError):
        _ = server.url
    server.stop()


def test_responses_are_not_delayed_by_nagles_algorithm(sandbox: Sandbox) -> None:
    """The algorithm would delay each response by 40 ms; asyncio disables it only if it recognises TCP."""
    with SandboxServer(sandbox=sandbox) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
        connection.request("GET", "/")
        connection.getresponse().read()
        (served,) = server._server.server_state.connections
        accepted = served.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()


def test_it_logs_nothing(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), SandboxServer(sandbox=sandbox) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
        connection.request("GET", "/")
        connection.getresponse().read()
        connection.close()

    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


def test_connections_are_kept_alive(sandbox: Sandbox) -> None:
    with SandboxServer(sandbox=sandbox) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
        connection.connect()
        opened = connection.sock
        for _ in range(3):
            connection.request("GET", "/", headers={"Authorization": "Bearer token"})
            assert connection.getresponse().read()
            assert connection.sock is opened
        connection.close()
