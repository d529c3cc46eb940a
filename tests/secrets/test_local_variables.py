"""No local variable of any frame of an error holds the token or a proxy's password: crash reporters record them all.

The settings' secrets are searched for in the same way by ``test_nothing_leaks.py``.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
import urllib3

from airflow_provider_segment.exceptions import SegmentError
from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook, SegmentPublicApiHook
from airflow_provider_segment.sandbox.pytest_plugin import CONNECTION_VARIABLE
from dev.secret_search import encodings
from tests.drivers_and_hooks import HOOKS
from tests.hostile.server import Behaviour, Talk, http, once, serving
from tests.secrets.frames import crash_reports, recorded_locals

CANARY = "canary-local-5d0c71e2"


class Interrupted(BaseException):
    """An error that a signal handler raises anywhere, as Airflow's timeout of tasks does."""


def set_connection(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    extra = {"retry_budget": 0, "rate_limit_budget": 0, "timeout": 5} | fields.pop("extra", {})
    document = {"conn_type": "segment_public_api", "password": CANARY, "extra": extra} | fields
    monkeypatch.setenv(CONNECTION_VARIABLE, json.dumps(document))


def leaks(error: BaseException) -> set[str]:
    """Return the places in which an error has the canary."""
    needles = list(encodings(CANARY))
    shown = [*recorded_locals(error), *crash_reports(error)]
    return {place for place, text in shown if any(needle in text for needle in needles)}


def error_of(call: Callable[[], Any], *expected: type[BaseException]) -> BaseException:
    with pytest.raises(expected) as caught:
        call()
    return caught.value


def get_workspace(driver: str) -> Any:
    with HOOKS[driver]() as hook:
        return hook.get_workspace()


every_driver = pytest.mark.parametrize("driver", HOOKS)


@every_driver
@pytest.mark.parametrize(
    "fields",
    [
        {"password": f"{CANARY} with a space"},
        {"host": f"https://user:{CANARY}@api.segment.example"},
        {"host": f"https://api.segment.example:{CANARY}"},
        {"extra": {"timeout": "soon", "partner_token": CANARY}},
        {"extra": {"proxies": {"https": f"socks5://me:{CANARY}@proxy.example"}}, "host": "https://api.segment.example"},
        {"extra": {"proxies": {"https": f"http://me:{CANARY}@[proxy"}}, "host": "https://api.segment.example"},
        {"extra": {"proxies": f"https://me:{CANARY}@proxy.example"}},
    ],
    ids=["token", "host", "port", "extra", "kind of proxy", "malformed proxy", "proxies"],
)
def test_an_invalid_connection_leaks_nothing(
    driver: str, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_connection(monkeypatch, **fields)

    assert leaks(error_of(lambda: get_workspace(driver), ValueError)) == set()


def test_an_invalid_proxy_of_the_environment_leaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://me:{CANARY}@proxy.example")
    for driver in HOOKS:
        set_connection(monkeypatch, host="https://api.segment.example")
        assert leaks(error_of(lambda driver=driver: get_workspace(driver), ValueError)) == set()  # type: ignore[misc]


def quoting(status: str) -> Behaviour:
    """Return a behaviour whose response quotes the request."""

    def behave(talk: Talk) -> None:
        request = talk.read_request().decode()
        body = json.dumps(
            {"errors": [{"type": "x", "message": request, "field": request, "data": {request: [request]}}]}
        )
        talk.send(http(body.encode(), status=status))

    return behave


def silent(talk: Talk) -> None:
    talk.read_request()
    talk.stay()


BEHAVIOURS: dict[str, Behaviour] = {
    **{status: quoting(status) for status in ("400 x", "401 x", "403 x", "404 x", "409 x", "429 x", "500 x", "302 x")},
    "garbled success": quoting("200 OK"),
    "an HTML page": once(http(b"<html>no</html>", status="502 Bad Gateway")),
    "closed": once(b""),
    "truncated": once(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "not HTTP": once(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "bad compression": once(http(b"abc", headers="Content-Encoding: gzip\r\n")),
    "silent": silent,
}


@every_driver
@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_a_failed_call_leaks_nothing(driver: str, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(behaviour) as server:
        set_connection(monkeypatch, host=server.url, extra={"timeout": 0.5})
        error = error_of(lambda: get_workspace(driver), SegmentError)

    assert leaks(error) == set()


@every_driver
def test_an_unreachable_server_leaks_nothing(driver: str, unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, host=f"http://127.0.0.1:{unused_port}")

    assert leaks(error_of(lambda: get_workspace(driver), SegmentError)) == set()


@every_driver
def test_a_proxy_that_rejects_the_request_leaks_nothing(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(quoting("407 x")) as server:
        proxies = {"https": server.url.replace("//", f"//me:{CANARY}@")}
        set_connection(monkeypatch, host="https://api.segment.example", extra={"proxies": proxies})
        error = error_of(lambda: get_workspace(driver), SegmentError)

    assert leaks(error) == set()


@contextmanager
def interrupting(seconds: float) -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_task_that_times_out_during_a_request_leaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(silent) as server:
        set_connection(monkeypatch, host=server.url, extra={"timeout": 60})
        with interrupting(0.5):
            error = error_of(lambda: get_workspace("requests"), Interrupted)

    assert leaks(error) == set()


def test_a_trigger_that_is_cancelled_during_a_request_leaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[BaseException] = []

    async def wait() -> None:
        async with SegmentPublicApiAsyncHook() as hook:
            try:
                await hook.get_workspace()
            except asyncio.CancelledError as error:
                errors.append(error)
                raise

    async def cancel() -> None:
        task = asyncio.create_task(wait())
        while not server.requests:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serving(silent) as server:
        set_connection(monkeypatch, host=server.url, extra={"timeout": 60})
        asyncio.run(cancel())

    assert [leaks(error) for error in errors] == [set()]


@every_driver
def test_an_unexpected_error_of_a_library_leaks_nothing(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "request", fail)
    monkeypatch.setattr(aiohttp.TCPConnector, "connect", fail)
    set_connection(monkeypatch, host="http://127.0.0.1:9")

    assert leaks(error_of(lambda: get_workspace(driver), RuntimeError)) == set()


@every_driver
def test_a_failure_of_airflows_masker_leaks_nothing(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.common.compat import sdk

    def fail(secret: object, name: str | None = None) -> None:
        raise RuntimeError("the supervisor is gone")

    set_connection(monkeypatch, host="http://127.0.0.1:9")
    with monkeypatch.context() as patched:
        patched.setattr(sdk, "mask_secret", fail, raising=False)
        error = error_of(lambda: get_workspace(driver), RuntimeError)

    assert leaks(error) == set()


@every_driver
def test_a_failure_of_airflow_after_reading_the_connection_leaks_nothing(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(conn_id: str) -> Any:
        password = f"{CANARY}"
        raise RuntimeError(f"{len(password)} characters")

    async def read_async(conn_id: str) -> Any:
        return eval_in_package(read)(conn_id)

    for hook in (SegmentPublicApiHook, SegmentPublicApiAsyncHook):
        monkeypatch.setattr(hook, "get_connection", staticmethod(eval_in_package(read)))
        monkeypatch.setattr(hook, "aget_connection", staticmethod(read_async), raising=False)

    assert leaks(error_of(lambda: get_workspace(driver), RuntimeError)) == set()


def test_errors_keep_the_traceback_of_the_error_that_was_being_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, password="x y")

    def handle() -> None:
        try:
            raise KeyError("outer")
        except KeyError:
            get_workspace("requests")

    outer = error_of(handle, ValueError).__context__
    assert isinstance(outer, KeyError)
    assert outer.__traceback__ is not None


def test_a_planted_leak_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: SegmentPublicApiHook) -> Any:
        extra = {"deep": [{"token": CANARY}]}
        raise RuntimeError(f"{len(extra)} fields")

    monkeypatch.setattr(SegmentPublicApiHook, "segment_connection", property(eval_in_package(read)))

    assert leaks(error_of(lambda: get_workspace("requests"), RuntimeError)) == {
        "segment.py:read.extra",
        "traceback",
        "Sentry",
        "rich",
    }


def eval_in_package(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as if its file were one of the package's."""
    code = function.__code__.replace(co_filename=SegmentPublicApiHook.run.__code__.co_filename)
    function.__code__ = code
    return function
