"""Hypothesis strategies for malformed responses: invented ones, and real ones with a defect."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.protocol.samples import DATE

HEADERS = ("content-type", "content-length", "date", "location", "retry-after", "x-ratelimit-reset")

statuses = st.one_of(
    st.sampled_from([200, 201, 204, 302, 400, 401, 404, 409, 422, 429, 500, 503]), st.integers(100, 599)
)
headers = st.dictionaries(
    st.sampled_from(HEADERS), st.one_of(st.just("7"), st.just(DATE), st.text(max_size=30)), max_size=4
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=10),
    st.sampled_from(["SUCCESS", "", "MA==", "•"]),
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(["data", "errors", "message", "field", "type", "msBeforeNext", "id", "pagination"]),
                st.text(max_size=5),
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=200),
    documents.map(lambda document: json.dumps(document).encode()),
    documents.map(lambda document: json.dumps({"errors": document}).encode()),
    st.lists(documents, max_size=2).map(lambda errors: json.dumps({"errors": errors}).encode()),
    st.integers(1, 3000).map(lambda depth: b'{"data":' + b"[" * depth),
)


@st.composite
def mutated(draw: st.DrawFn, document: Any) -> Any:
    """Return the document with one randomly chosen part removed or replaced."""
    if isinstance(document, (dict, list)) and document and draw(st.integers(0, 9)):
        keys = list(document) if isinstance(document, dict) else range(len(document))
        chosen = draw(st.sampled_from(keys))
        copy = document.copy()
        if draw(st.integers(0, 9)):
            copy[chosen] = draw(mutated(document[chosen]))
        else:
            del copy[chosen]
        return copy
    return draw(documents)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Return the bytes truncated, or with some of them replaced."""
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 20)))
    return (
        body[:start] + draw(st.one_of(st.just(b""), st.binary(max_size=4))) + draw(st.sampled_from([body[end:], b""]))
    )


def bodies_for(data: Any) -> st.SearchStrategy[bytes]:
    """Return bodies for an operation: invented ones, or its real response with a part replaced or bytes damaged.

    :param data: data of a successful response.
    """
    real = {"data": data}
    return st.one_of(
        bodies,
        mutated(real).map(lambda document: json.dumps(document).encode()),
        damaged(json.dumps(real, ensure_ascii=False).encode()),
    )
