"""Any response, through the decoder and over a socket through both drivers: a value or a ``SegmentError``.

``make fuzz`` draws 20,000. For well-formed HTTP, all three must give the same result.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st

from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.wire.messages import Response
from airflow_provider_segment.transport.aiohttp_driver import AiohttpDriver
from airflow_provider_segment.transport.connection import SegmentConnection
from airflow_provider_segment.transport.gates import forget_all
from airflow_provider_segment.transport.network import network_for
from airflow_provider_segment.transport.requests_driver import RequestsDriver
from airflow_provider_segment.transport.sessions import SessionLease
from tests.hostile.calling import TOKEN, Silent, connection_to
from tests.hostile.fuzzing.examples import try_each
from tests.hostile.server import Talk, serving
from tests.protocol.drawn_responses import bodies, bodies_for, damaged, scalars, statuses
from tests.protocol.driver import AnyFlow, ScriptedDriver
from tests.protocol.example import Example
from tests.protocol.operations import EXAMPLES
from tests.protocol.samples import DATE
from tests.scale import chunk_name, chunks

COUNT = 200

CallFlow = Callable[[Example], Any]

header_names = st.sampled_from(
    ["Content-Type", "Date", "Location", "Retry-After", "X-RateLimit-Reset", "Set-Cookie", "Trailer", "Upgrade", "X"]
)
header_values = st.one_of(st.sampled_from(["7", DATE, "", "-1", "1e999"]), st.text("abc;=, /:\"'1", max_size=30))
header_lines = st.lists(st.tuples(header_names, header_values), max_size=4)
# Excluded from the comparison: responses that have no body, whatever their headers say.
plain_statuses = statuses.filter(lambda status: status >= 200 and status not in {204, 304})


@dataclass(frozen=True)
class Wire:
    """A response as bytes.

    :param sent: bytes that the server sends before it closes.
    :param meant: the response that they encode, if they are well-formed.
    """

    sent: bytes
    meant: Response | None = None


def joined(status: Any, lines: list[tuple[str, str]], body: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"HTTP/1.1 {status} Reason\r\n{head}\r\n".encode() + body


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n" % len(piece) + piece + b"\r\n"


@st.composite
def well_formed(draw: st.DrawFn, body: bytes) -> Wire:
    status, lines = (
        draw(st.one_of(st.just(200), plain_statuses)),
        draw(header_lines.filter(lambda lines: len(dict(lines)) == len(lines))),
    )
    lines = [(name, value) for name, value in lines if name not in {"Upgrade", "Trailer"}]
    meant = Response(status=status, headers={name.lower(): value.strip() for name, value in lines}, body=body)
    form = draw(st.sampled_from(["length", "close", "chunked", "gzip", "deflate"]))
    if form == "chunked":
        cut = draw(st.integers(0, len(body)))
        chunks_ = [chunk(piece) for piece in (body[:cut], body[cut:]) if piece]
        return Wire(joined(status, [*lines, ("Transfer-Encoding", "chunked")], b"".join([*chunks_, chunk(b"")])), meant)
    if form in {"gzip", "deflate"}:
        body = gzip.compress(body) if form == "gzip" else zlib.compress(body)
        lines = [*lines, ("Content-Encoding", form)]
    result = ("Connection", "close") if form == "close" else ("Content-Length", str(len(body)))
    return Wire(joined(status, [*lines, result], body), meant)


framing = st.one_of(
    st.sampled_from(
        [
            ("Content-Length", "0"),
            ("Content-Length", "-1"),
            ("Content-Length", "5, 5"),
            ("Content-Length", "99999999999999999999"),
            ("Transfer-Encoding", "chunked"),
            ("Transfer-Encoding", "gzip, chunked"),
            ("Transfer-Encoding", "identity"),
            ("Content-Encoding", "gzip"),
            ("Content-Encoding", "br"),
            ("Connection", "upgrade"),
        ]
    ),
    st.tuples(header_names, st.text(max_size=20)),
)


@st.composite
def odd(draw: st.DrawFn, body: bytes) -> Wire:
    """Draw headers that contradict one another or the body."""
    status = draw(st.one_of(statuses, st.sampled_from(["", "99", "600", "999", "1000", "2OO", "-200", "200 200"])))
    sent = joined(status, draw(st.lists(framing, max_size=4)), draw(st.sampled_from([body, chunk(body), b""])))
    return Wire(draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"\r\n"])) + sent)


# Around the lengths at which messages and bodies are cut, too.
padding = st.builds(
    lambda length, character: character * length,
    st.one_of(st.integers(0, 300), st.integers(950, 1050), st.integers(4_000, 4_200)),
    st.sampled_from(["x", " ", "\u00fc", "\n"]),
)
quoted = st.builds(
    lambda before, form, after: before + form + after,
    padding,
    st.sampled_from([TOKEN, TOKEN.upper(), base64.b64encode(TOKEN.encode()).decode(), json.dumps(TOKEN)]),
    st.one_of(st.just(""), padding),
)
error_parts = st.recursive(
    quoted | scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(quoted, inner, max_size=3)
)
error_objects = st.one_of(
    st.fixed_dictionaries(
        {}, optional={"type": error_parts, "message": error_parts, "field": error_parts, "data": error_parts}
    ),
    error_parts,
)


@st.composite
def quoting_errors(draw: st.DrawFn) -> bytes:
    """Draw errors with the token in every part, in several encodings."""
    body = json.dumps({"errors": draw(st.lists(error_objects, max_size=3))}).encode()
    return draw(st.sampled_from([body, body, body[: draw(st.integers(0, len(body)))]]))


@st.composite
def wires(draw: st.DrawFn, example: Example) -> Wire:
    real = st.just(json.dumps({"data": example.data}).encode())
    body = draw(st.one_of(real, bodies_for(example.data), quoting_errors()))
    wire = draw(st.one_of(well_formed(body), odd(body)))
    form = draw(st.sampled_from(["whole", "whole", "damaged", "damaged twice", "noise"]))
    if form == "noise":
        return Wire(draw(st.one_of(bodies, st.binary(max_size=300))))
    for _ in range(form.count("damaged") + form.count("twice")):
        wire = Wire(draw(damaged(wire.sent)))
    return wire


def outcome_of(run: Callable[[], Any]) -> Any:
    """Return the value or the class of the error; the test fails for anything but a SegmentError."""
    try:
        value = run()
    except SegmentError as error:
        raised = error
    else:
        json.dumps(value)
        return value
    assert str(raised)
    shown = f"{raised} {vars(raised)!r}".lower()
    assert TOKEN not in shown
    assert base64.b64encode(TOKEN.encode()).decode().rstrip("=").lower() not in shown
    return type(raised)


@contextmanager
def with_requests(connection: SegmentConnection) -> Iterator[CallFlow]:
    driver = RequestsDriver(connection, Silent())

    def call_api(example: Example) -> Any:
        flow: Any = example.start(connection.options)
        try:
            return list(driver.iterate(flow)) if emits(example) else driver.run(flow)
        finally:
            driver.close()  # otherwise the rest of this response might end up in the next one

    yield call_api


@contextmanager
def with_aiohttp(connection: SegmentConnection) -> Iterator[CallFlow]:
    network = network_for(connection)
    lease = SessionLease(connection, network)
    with asyncio.Runner() as runner:

        async def opened() -> AiohttpDriver:
            session = await lease.acquire()
            # One connection for each request, as above.
            session.connector._force_close = True  # type: ignore[union-attr]
            return AiohttpDriver(connection, network=network, session=session, log=Silent())

        driver = runner.run(opened())

        async def call(example: Example) -> Any:
            flow: Any = example.start(connection.options)
            return [item async for item in driver.iterate(flow)] if emits(example) else await driver.run(flow)

        yield lambda example: runner.run(call(example))
        runner.run(lease.release())


def decoded(connection: SegmentConnection, example: Example, response: Response) -> Any:
    flow: AnyFlow[Any] = example.start(connection.options)
    driver = ScriptedDriver(then=response)
    return outcome_of(lambda: list(driver.iterate(flow)) if emits(example) else driver.run(flow))


def emits(example: Example) -> bool:
    return isinstance(example.value, list)


@pytest.mark.parametrize("seeds", chunks(COUNT, size=100), ids=chunk_name)
def test_any_response_gives_a_value_or_a_segment_error(seeds: range) -> None:
    served: list[bytes] = [b""]
    values = 0

    def behave(talk: Talk) -> None:
        talk.read_request()
        talk.send(served[0])

    with serving(behave) as server:
        connection = connection_to(server.url, verify=False)
        with with_requests(connection) as requests, with_aiohttp(connection) as aiohttp:

            def check(data: st.DataObject) -> None:
                nonlocal values
                example = data.draw(st.sampled_from(EXAMPLES))
                wire = data.draw(wires(example))
                served[0] = wire.sent
                results = []
                for call in (requests, aiohttp):
                    forget_all()  # a 429 of an earlier response would hold back the request
                    results.append(outcome_of(lambda call=call: call(example)))  # type: ignore[misc]
                if wire.meant is None:
                    # Not well-formed HTTP, so the decoder gets the body alone.
                    head, _, body = wire.sent.partition(b"\r\n\r\n")
                    status = 200 if head.count(b" 200 ") else data.draw(statuses)
                    results.append(decoded(connection, example, Response(status=status, headers={}, body=body)))
                else:
                    meant = decoded(connection, example, wire.meant)
                    assert results == [meant, meant]
                values += any(not isinstance(result, type) for result in results)

            try_each(seeds, check)
    print(f"{values} of them gave a value")  # noqa: T201
    assert values  # otherwise only errors would have been tested
