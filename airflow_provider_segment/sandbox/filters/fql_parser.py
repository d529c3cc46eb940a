"""Parser for FQL, whose operators are, from loosest to tightest binding, ``or``, ``and``, comparisons and ``!``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from airflow_provider_segment.sandbox.filters.field_path import split_path, value_at
from airflow_provider_segment.sandbox.filters.fql_functions import FUNCTIONS
from airflow_provider_segment.sandbox.filters.fql_values import FqlError, equal, require_type

MAX_DEPTH = 50
"""Maximum nesting depth of parentheses, lists and negations."""

Expression: TypeAlias = Callable[[Any], Any]
"""A function that returns the value of an expression for an event."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w.\\-]))
      | (?P<word>(?:[\w-]|\\.)+(?:\.(?:[\w-]|\\.)+)*)
      | (?P<sign>!=|>=|<=|[=<>!(),\[\]])
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_CONSTANTS = {"true": True, "false": False, "null": None}
_ORDER: dict[str, Callable[[float, float], bool]] = {
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
}


def parse_fql(statement: str) -> Expression:
    """Parse an FQL statement.

    :raises FqlError: if it is not FQL, or calls a function that the documentation does not have.
    """
    parser = _Parser(statement)
    expression = parser.disjunction()
    parser.expect_end()
    return expression


class _Parser:
    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._position = self._depth = 0
        self._kind = self._text = ""
        self._advance()

    def expect_end(self) -> None:
        if self._kind != "end":
            raise self._unexpected()

    def disjunction(self) -> Expression:
        sides = [self._conjunction()]
        while self._take("word", "or"):
            sides.append(self._conjunction())
        return sides[0] if len(sides) == 1 else lambda event: any(_truth("or", side(event)) for side in sides)

    def _conjunction(self) -> Expression:
        sides = [self._comparison()]
        while self._take("word", "and"):
            sides.append(self._comparison())
        return sides[0] if len(sides) == 1 else lambda event: all(_truth("and", side(event)) for side in sides)

    def _comparison(self) -> Expression:
        left = self._negation()
        if self._take("word", "in"):
            right = self._negation()
            return lambda event: _is_in(left(event), right(event))
        if self._kind != "sign" or self._text not in ("=", "!=", *_ORDER):
            return left
        operator = self._text
        self._advance()
        right = self._negation()
        return lambda event: _compare(operator, left(event), right(event))

    def _negation(self) -> Expression:
        if not self._take("sign", "!"):
            return self._operand()
        self._enter()
        operand = self._negation()
        self._depth -= 1
        return lambda event: not require_type("!", operand(event), "bool")

    def _operand(self) -> Expression:
        kind, text = self._kind, self._text
        if kind == "string":
            self._advance()
            return _constant(re.sub(rf"\\({text[0]})", r"\1", text[1:-1]))
        if kind == "number":
            self._advance()
            return _constant(int(text) if text.isdigit() and len(text) < 18 else float(text))
        if kind == "word":
            self._advance()
            return self._call(text) if self._take("sign", "(") else _field_or_constant(text)
        if self._take("sign", "("):
            self._enter()
            inner = self.disjunction()
            self._expect(")")
            self._depth -= 1
            return inner
        if self._take("sign", "["):
            items = self._items(closing="]")
            return lambda event: [item(event) for item in items]
        raise self._unexpected()

    def _call(self, name: str) -> Expression:
        if name not in FUNCTIONS:
            raise FqlError(f"unknown function {name!r}; the sandbox supports {', '.join(sorted(FUNCTIONS))}")
        count, function = FUNCTIONS[name]
        arguments = self._items(closing=")")
        if len(arguments) != count:
            raise FqlError(f"{name} takes {count} argument{'s' * (count > 1)}, not {len(arguments)}")
        return lambda event: function(*(argument(event) for argument in arguments))

    def _items(self, *, closing: str) -> list[Expression]:
        self._enter()
        items: list[Expression] = []
        while not self._take("sign", closing):
            if items:
                self._expect(",")
            items.append(self.disjunction())
        self._depth -= 1
        return items

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FqlError(f"nested deeper than {MAX_DEPTH} levels")

    def _take(self, kind: str, text: str) -> bool:
        if (self._kind, self._text) != (kind, text):
            return False
        self._advance()
        return True

    def _expect(self, sign: str) -> None:
        if not self._take("sign", sign):
            raise self._unexpected()

    def _advance(self) -> None:
        match = _TOKEN.match(self._statement, self._position)
        if match is None:
            raise FqlError(f"unexpected {self._statement[self._position :].strip()[:20]!r}")
        self._position = match.end()
        self._kind = str(match.lastgroup)
        self._text = match[self._kind]

    def _unexpected(self) -> FqlError:
        return FqlError("unexpected end" if self._kind == "end" else f"unexpected {self._text!r}")


def _constant(value: Any) -> Expression:
    return lambda _event: value


def _field_or_constant(word: str) -> Expression:
    if word in _CONSTANTS:
        return _constant(_CONSTANTS[word])
    if word in ("and", "or", "in"):
        raise FqlError(f"unexpected {word!r}")
    names = split_path(word)
    return lambda event: value_at(event, names)


def _truth(operator: str, value: Any) -> bool:
    return bool(require_type(operator, value, "bool", "null"))


def _is_in(value: Any, items: Any) -> bool:
    require_type("in", value, "string", "number", "bool", "null")
    return any(equal(value, item) for item in require_type("in", items, "list"))


def _compare(operator: str, left: Any, right: Any) -> bool:
    if operator in _ORDER:
        return _ORDER[operator](require_type(operator, left, "number"), require_type(operator, right, "number"))
    types = ("string", "number", "list", "bool", "null")
    same = equal(require_type(operator, left, *types), require_type(operator, right, *types))
    return same is (operator == "=")
