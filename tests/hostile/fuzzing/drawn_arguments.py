"""Hypothesis strategies for hostile ids, names and settings."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PIECES = [
    "..",
    ".",
    "/",
    "\\",
    "//",
    "?",
    "&",
    "#",
    ";",
    "=",
    "%",
    "%2e%2e",
    "%2F",
    "%00",
    "%0d%0a",
    "\r\n",
    "\n",
    "\0",
    "\t",
    " ",
    "+",
    "\u00a0",
    "\u2028",
    "\u202e",
    "\ud800",
    "\ufeff",
    "\u2025",  # two dots in one character
    "\uff0f",  # a character that looks like a slash
    "é",
    "e\u0301",
    "💩",
    "{",
    "}",
    "{id}",
    "{destinationId}",
    "{{ 1 }}",
    "{% raw %}",
    "$.x",
    "\r\nX-Evil: 1",
    "\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "?pagination[count]=1",
    "http://evil.example/",
    "@evil.example",
    "subscriptions",
    "destinations",
    "_sandbox/reset",
    "delivery-metrics",
    "'",
    '"',
    "`",
    "<script>",
    "None",
    "true",
    "a",
    "Z9",
]

# No bullets: values with one are masks, which are never sent; that is tested elsewhere.
any_strings = st.text(st.characters(exclude_characters="\u2022"), max_size=30)
hostile_strings = st.one_of(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join), any_strings)
not_even_ids: st.SearchStrategy[Any] = st.sampled_from(
    ["", " ", ".", "..", "x" * 256, "\ud800", None, 7, True, [], {"a": 1}, b"a"]
)
ids = st.one_of(hostile_strings, hostile_strings, hostile_strings, st.text("ab.-_~/", min_size=1, max_size=255))
maybe_ids = st.one_of(*[ids] * 9, not_even_ids)

numbers = st.one_of(
    st.integers(), st.sampled_from([2**53 + 1, 2**63, 2**64, -(2**63) - 1]), st.floats(allow_nan=False, width=32)
)
scalars = st.one_of(
    st.none(), st.booleans(), numbers.filter(lambda number: abs(number) != float("inf")), hostile_strings
)
keys = st.one_of(st.sampled_from(["to", "@template", "@path", "__proto__", "", "trackAllPages"]), hostile_strings)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
settings: st.SearchStrategy[dict[str, Any]] = st.dictionaries(keys, json_values, max_size=4)
