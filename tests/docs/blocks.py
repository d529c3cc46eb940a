"""The blocks of code in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
_BESIDE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES = sorted([*_BESIDE, *(ROOT / "docs").glob("**/*.md")])
PAGES = [page for page in PAGES if "_build" not in page.parts]

# `make docs` checks the directives of Sphinx.
_DIRECTIVE = re.compile(r"\{[\w:-]+\}")
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
_INDENTED = "bash"  # as the README writes commands


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block of code.

    :param page: path of its page in the repository.
    :param line: number of its first line.
    :param language: as written after the fence.
    :param code: its content.
    :param why_not_run: the reason in the comment before it, if there is one: ``<!-- not run: why -->``.
    """

    page: str
    line: int
    language: str
    code: str
    why_not_run: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Yield all blocks except Sphinx's directives."""
    for page in PAGES:
        why_not_run: str | None = None
        for token in MarkdownIt().parse(page.read_text()):
            if token.type == "html_block":
                match = _NOT_RUN.search(token.content)
                why_not_run = match and match[1]
            elif token.type in {"fence", "code_block"}:
                language = token.info.strip() if token.type == "fence" else _INDENTED
                if not _DIRECTIVE.match(language):
                    yield Block(
                        page=str(page.relative_to(ROOT)),
                        line=(token.map or [0])[0] + 1,
                        language=language,
                        code=token.content,
                        why_not_run=why_not_run,
                    )
                why_not_run = None


BLOCKS = list(blocks())


def run_blocks(language: str) -> list[Block]:
    """Return the blocks of a language that can be run."""
    return [block for block in BLOCKS if block.language == language and block.why_not_run is None]
