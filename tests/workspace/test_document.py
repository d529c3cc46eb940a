"""Spec files are read as plain JSON values; what could run code or grow without bounds is an error with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_segment.workspace import document
from airflow_provider_segment.workspace.document import MAX_BYTES, DocumentError, parse_document
from airflow_provider_segment.workspace.writer import write_yaml
from tests.protocol.property_settings import examples

READABLE = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | READABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(READABLE, inner, max_size=4),
    max_leaves=20,
)
ODD_STRINGS = [
    "no", "Yes", "null", "~", "1e3", "0o17", "012", "1:30", "2026-01-01", " edge ", "", "=", "<<", "a: b", "# c",
    "*x", "&x", "!x", "%x", "- x", "?", "line\nline", "tab\t", "\x7f", "\x85",
    "\u2028", "a\nb\x85", "\ufeff", "\ud7ff", "1_000", "+1", ".5", "5.",
]  # fmt: skip


@pytest.fixture(params=["libyaml", "PyYAML"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "PyYAML":
        monkeypatch.setattr(document, "_PARSER", yaml.SafeLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")


def test_values_have_their_lines() -> None:
    parsed = parse_document(b"a: 1\nb:\n  - x\n  - {c: true, d: 1e3}\n")

    assert parsed.value == {"a": 1, "b": ["x", {"c": True, "d": 1000.0}]}
    assert [parsed.line(path) for path in [("a",), ("b", 0), ("b", 1, "d"), ("b", 9), ()]] == [1, 3, 4, 2, 1]


def test_plain_words_are_strings_as_in_json() -> None:
    assert parse_document(b"[no, on, Yes, 012, 1:30, 2026-01-01, 0x1f, .5]").value == [
        "no", "on", "Yes", "012", "1:30", "2026-01-01", "0x1f", ".5",
    ]  # fmt: skip


@examples(0.3)
@given(value=st.dictionaries(READABLE, VALUES, max_size=4))
def test_what_is_written_is_read_as_the_same_value(value: dict[str, Any]) -> None:
    assert parse_document(write_yaml(value).encode()).value == value


@pytest.mark.parametrize("text", ODD_STRINGS, ids=repr)
def test_odd_strings_are_written_so_that_every_reader_takes_them_for_strings(text: str) -> None:
    written = write_yaml({text: [text]})

    assert parse_document(written.encode()).value == {text: [text]}
    assert yaml.safe_load(written) == {text: [text]}


@examples(0.3)
@given(value=VALUES, indent=st.sampled_from([None, 1, "\t"]))
def test_json_is_read_as_json(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)

    read = parse_document(text.encode(), json=True).value

    assert read == json.loads(text)
    assert str(read) == str(json.loads(text))  # 1 is not 1.0


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"a: &x 1\nb: *x\n", 1, "anchors and aliases"),
        (b"b: *x\n", 1, "anchors and aliases"),
        (b"a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tags such as"),
        (b"a: !custom 1\n", 1, "tags such as"),
        (b"a: !!binary aGk=\n", 1, "tags such as"),
        (b"a:\n  <<: {b: 1}\n", 2, "merge keys"),
        (b"a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a'"),
        (b"? [1, 2]\n: 3\n", 1, "keys must be strings"),
        (b"--- 1\n--- 2\n", 2, "several documents"),
        (b"", 0, "empty"),
        (b"# only a comment\n", 0, "empty"),
        (b"a: [1, 2\n", 2, "not valid YAML"),
        (b"a: 'x\n", 2, "not valid YAML"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        (b"a: 1e999\n", 1, "too large"),
        (b"a: " + b"9" * 5000, 1, "digits"),
        (b'a: "\\ud83d"\n', 1, ""),
        (b"- " * 60 + b"1", 1, "nested more than 50 levels deep"),
        (b"[" * 100_000, 1, ""),
        (b"{a: " * 60 + b"1" + b"}" * 60, 1, "nested more than 50 levels deep"),
        (b"x" * (MAX_BYTES + 1), 0, "bytes"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_anything_else_is_an_error_with_its_line(content: bytes, line: int, message: str) -> None:
    with pytest.raises(DocumentError) as raised:
        parse_document(content)
    assert message in str(raised.value)
    assert raised.value.line == line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1", "not valid JSON"),
        (b'{"a": 1,}', "not valid JSON"),
        (b'{"a": NaN}', "contains NaN"),
        (b'{"a": 1, "a": 2}', "duplicate key 'a'"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_json_file_holds_json(content: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        parse_document(content, json=True)


def test_a_bomb_of_aliases_is_not_expanded() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
    bomb = "l0: &l0 [x]\n" + "\n".join(levels)

    with pytest.raises(DocumentError, match="anchors and aliases"):
        parse_document(bomb.encode())


def test_a_string_with_a_character_in_two_halves_is_joined() -> None:
    assert parse_document(b'{"a": "\\ud83d\\ude00 \\\\ud83d"}', json=True).value == {"a": "\U0001f600 \\ud83d"}
