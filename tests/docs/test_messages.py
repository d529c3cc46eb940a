"""The messages and log lines that the documentation quotes are those of the source."""

from __future__ import annotations

from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from tests.docs.blocks import BLOCKS, ROOT, Block
from tests.docs.source_strings import is_in_source, is_made_by_source


def explained() -> list[str]:
    """Return the messages in the headings of the troubleshooting page."""
    tokens = MarkdownIt().parse((ROOT / "docs" / "troubleshooting.md").read_text())
    inline = [after for token, after in pairwise(tokens) if token.type == "heading_open"]
    return [code.content for title in inline for code in title.children or () if code.type == "code_inline"]


def test_the_page_explains_many_messages() -> None:
    assert len(explained()) >= 30


@pytest.mark.parametrize("message", explained())
def test_every_explained_message_is_in_the_source(message: str) -> None:
    assert is_in_source(message)


def test_a_message_that_is_not_in_the_source_is_noticed() -> None:
    assert not is_in_source("connection …, field host: … is a cucumber")
    assert not is_in_source("… is a cucumber")
    assert is_made_by_source("nothing to delete: there is no such destination")
    assert not is_made_by_source("nothing to remember: there is no such destination")


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "text"], ids=str)
def test_every_quoted_log_line_is_in_the_source(block: Block) -> None:
    for line in block.code.splitlines():
        assert is_made_by_source(line), line
