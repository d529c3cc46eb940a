"""Reading a YAML or JSON document as plain JSON values, with their line numbers.

This module reads YAML parse events instead of using a YAML loader, so that a file can contain only JSON values. Tags,
anchors, aliases, merge keys and duplicate keys are errors; size and depth are limited. Plain scalars are
read by the rules of JSON rather than those of YAML 1.1, in which ``no`` is false and ``1:30`` is 90.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from airflow_provider_segment.protocol.key_path import KeyPath

MAX_BYTES = 1024 * 1024
"""Maximum size of a file; the largest destinations in practice take about 100 KB."""
MAX_DEPTH = 50
"""Maximum nesting depth of values."""

NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
"""A plain scalar that is a number."""
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_MAX_DIGITS = 400
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)")

# If PyYAML was built with libyaml, that parser is ten times as fast.
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(ValueError):
    """A document that can't be read.

    :param message: what is wrong and what is allowed.
    :param line: number of its line, from 1; 0 if unknown.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document, with the line numbers of its values.

    :param value: plain JSON values.
    :param lines: number of the line of each value, or of its key.
    """

    value: Any = field(repr=False)
    lines: Mapping[KeyPath, int] = field(repr=False)

    def line(self, path: KeyPath) -> int:
        """Return the line number of a value, or of the nearest value that contains it.

        :param path: path of the value.
        """
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def parse_document(content: bytes, *, json: bool = False) -> Document:
    """Parse a YAML or JSON document.

    :param content: the bytes of the file.
    :param json: whether it is JSON.
    :raises DocumentError: it is too large, not UTF-8, not YAML or JSON, or contains values that JSON can't represent.
    """
    if len(content) > MAX_BYTES:
        raise DocumentError(f"the file is larger than {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError("the file is not UTF-8", content.count(b"\n", 0, error.start) + 1) from None
    if json:
        text = _checked_json(text)
    parser = _PARSER(text)
    try:
        return _Builder(_events(parser)).document()
    except yaml.YAMLError as error:
        raise _syntax_error(error) from None
    finally:
        parser.dispose()


def _checked_json(text: str) -> str:
    """Return JSON in a form that a YAML parser accepts: without tabs, and without surrogate pairs.

    :raises DocumentError: it is not JSON.
    """
    import json

    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise DocumentError(f"the file is not valid JSON: {error.msg}", error.lineno) from None
    except (RecursionError, ValueError):
        raise DocumentError("the file is nested too deeply, or contains NaN, Infinity or an overlong number") from None
    return _ESCAPE.sub(_join_halves, text.replace("\t", " "))  # JSON allows no tabs inside strings


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _join_halves(match: re.Match[str]) -> str:
    """Replace an escaped surrogate pair with its character; return any other escape unchanged."""
    if match[1] is None:
        return match[0]
    return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")


def _events(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        yield parser.get_event()


def _syntax_error(error: yaml.YAMLError) -> DocumentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it can't be parsed"
    return DocumentError(f"the file is not valid YAML: {problem}", mark.line + 1 if mark else 0)


class _Builder:
    """A builder that turns YAML parse events into a document."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._lines: dict[KeyPath, int] = {}

    def document(self) -> Document:
        next(self._events)  # the start of the stream
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            raise DocumentError("the file is empty")
        value = self._value(next(self._events), ())
        next(self._events)  # the end of the document
        if not isinstance(following := next(self._events), yaml.StreamEndEvent):
            raise DocumentError("the file contains several documents; put each in its own file", _line(following))
        return Document(value, self._lines)

    def _value(self, event: Any, path: KeyPath) -> Any:
        self._lines.setdefault(path, _line(event))
        _check_event(event, depth=len(path))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return _scalar(event)

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in mapping:
                raise DocumentError(f"duplicate key {key[:100]!r}", _line(event))
            self._lines[(*path, key)] = _line(event)
            mapping[key] = self._value(next(self._events), (*path, key))
        return mapping

    def _sequence(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    def _key(self, event: Any) -> str:
        _check_event(event, depth=0)
        if not isinstance(event, yaml.ScalarEvent):
            raise DocumentError("a key is a list or an object; keys must be strings", _line(event))
        if event.value == "<<" and event.implicit[0]:
            raise DocumentError("merge keys (<<) are not supported; write the values out", _line(event))
        return _checked(event.value, _line(event))


def _check_event(event: Any, *, depth: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise DocumentError("anchors and aliases (& and *) are not supported; write the value out", _line(event))
    if event.tag is not None:
        raise DocumentError(f"tags such as {str(event.tag)[:50]!r} are not supported", _line(event))
    if depth > MAX_DEPTH:
        raise DocumentError(f"values are nested more than {MAX_DEPTH} levels deep", _line(event))


def _scalar(event: Any) -> Any:
    text, line = event.value, _line(event)
    if not event.implicit[0]:  # quoted, or a block of text
        return _checked(text, line)
    if text in _WORDS:
        return _WORDS[text]
    match = NUMBER.fullmatch(text)
    if match is None:
        return _checked(text, line)
    if len(text) > _MAX_DIGITS:
        raise DocumentError(
            f"a number has more than {_MAX_DIGITS} digits; if it should be a string, put it in quotes", line
        )
    if match[2] is None and match[3] is None:
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise DocumentError("a number is too large for a 64-bit float", line)
    return number


def _checked(text: str, line: int) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DocumentError("a string contains a lone surrogate (half a character)", line) from None
    return text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
