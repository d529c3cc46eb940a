"""Routes whose path parameters may contain any character."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

_CONVERTOR = "segment_sandbox_id"


class _IdConvertor(Convertor[str]):
    """A converter that matches one path segment and percent-decodes it, so that an id may contain an encoded slash.

    An empty segment matches too; the operation then rejects it as an id.
    """

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        return unquote(value, errors="replace")

    def to_string(self, value: str) -> str:
        return quote(value, safe="")


register_url_convertor(_CONVERTOR, _IdConvertor())


def route_path(pattern: str) -> str:
    """Convert a path such as ``/sources/{sourceId}`` to a Starlette path pattern with a trailing slash."""
    return pattern.replace("}", f":{_CONVERTOR}}}").removesuffix("/") + "/"
