"""A loopback server that lists 10,000 slim destinations in pages built in advance."""

from __future__ import annotations

import json
import re
import socket
import sys
from functools import cache
from urllib.parse import unquote

COUNT = 10_000


def destination(number: int) -> dict[str, object]:
    """Return a destination of about 1.3 KB, without most of the catalog text."""
    return {
        "id": f"{number:024x}",
        "name": f"destination {number}",
        "enabled": number % 3 != 0,
        "sourceId": f"source-{number % 50}",
        "settings": {"apiKey": "••••••••••abcd", "trackAllPages": True, "endpoint": f"https://example.com/{number}"}
        | {f"option{option}": option * number for option in range(12)},
        "metadata": {
            "id": f"{number % 40:024x}",
            "name": "Analytics",
            "slug": "analytics",
            "status": "PUBLIC",
            "description": "Something about a destination type. " * 8,
            "website": "https://example.com",
            "categories": ["Analytics", "A/B testing"],
            "components": [{"type": "BROWSER", "code": "https://example.com/code", "owner": "SEGMENT"}],
            "supportedMethods": {"track": True, "identify": True, "group": False, "alias": False, "pageview": True},
        },
    }


@cache
def response(start: int, count: int) -> bytes:
    """Return the response with one page."""
    page = [destination(number) for number in range(start, min(start + count, COUNT))]
    pagination: dict[str, object] = {"current": str(start), "totalEntries": COUNT}
    if start + count < COUNT:
        pagination["next"] = str(start + count)
    body = json.dumps({"data": {"destinations": page, "pagination": pagination}}, ensure_ascii=False).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def page_of(head: str) -> tuple[int, int]:
    """Return the start and count of the requested page."""
    query = unquote(head.split(" ", 2)[1])
    found = dict(re.findall(r"pagination\[(\w+)\]=(\w+)", query))
    return int(found.get("cursor", 0)), int(found.get("count", 200))


def main() -> None:
    """Print the port, then serve one connection after another until killed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as requests:
                while line := requests.readline():
                    while requests.readline() not in (b"\r\n", b""):
                        pass
                    connection.sendall(response(*page_of(line.decode())))


if __name__ == "__main__":
    main()
