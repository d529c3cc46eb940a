"""A collector of crash reports, as Sentry's SDK sends them: envelopes with the local variables of each frame."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Collector:
    """The collector.

    :param dsn: what Airflow's setting ``[sentry] sentry_dsn`` must be.
    :param envelopes: everything received, decompressed.
    """

    dsn: str
    envelopes: list[bytes] = field(default_factory=list)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    collector = Collector(f"http://public@127.0.0.1:{server.server_address[1]}/1")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"collector": collector})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    collector: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        encoding = self.headers.get("Content-Encoding")
        assert encoding in {None, "gzip"}, encoding
        self.collector.envelopes.append(gzip.decompress(body) if encoding else body)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Log nothing."""
