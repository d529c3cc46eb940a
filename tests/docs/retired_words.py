"""Words and phrases that the project no longer uses, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Words of an identifier are matched one by one: `create_surely` and `CreateSurely` both contain "surely".
RETIRED = {
    # Names
    "sightings?": "observation, or poll",
    "narrators?": "progress logger",
    "fates?": "status",
    "judges?": "evaluate, or check",
    "wait ending": "wait result",
    "crossing memory": "threshold state",
    "waits in trigger": "deferrable wait mixin",
    "answer(s|ed|ing)?(?! (a|the|this|your) questions?)": "response as a noun; return or respond as a verb",
    "asked wait": "parse_retry_after",
    "from terms": "from options",
    "fault budget": "retry budget",
    "settle(?! time)": "reconcile timeout for the connection, settle time for the sensor",
    r"(?<!\.)walk(?! packages)": "paginate, or paged flow",
    "conceal(s|ed|ing)?": "mask, or redact",
    "blot(s|ted|ting)?": "mask, or redact",
    "mind secrets": "mask_and_warn",
    "unsure": "maybe applied",
    "texts": "strings",
    "a text(?! (file|block|editor))": "a string",
    "spell(ed|ing|ings)": "encoding, format or key name; 'written' as a participle",
    "neighbou?rs?": "workspace, or the name of what is adjacent",
    "same question": "same query",
    "beats?": "fixed rate, or interval",
    # Phrases
    "surely": "the guarantee: 'exactly one', 'always'",
    "for life": "cannot be changed later",
    "for ever": "indefinitely",
    "so many": "the number: 'at most max_prune'",
    "belongs? into": "put … in, or belongs in",
    "c[ao]mes? along": "ships with, or includes",
    "becomes? of": "happens to",
    "nothing out": "failed: 'the poll failed'",
    "found out|finds out": "detect, or learn",
    "once more": "again",
    "nobody": "no one, or the passive",
    "told": "said, passed, registered or reported",
    "(is|are|was) meant": "is for, or is intended",
    "as it would": "as in, or the plain verb",
    "in the end": "finally, or leave it out",
    "at last": "finally, or leave it out",
    "by guess": "on a guess",
    "mind": "note, or take care of",
    "stands? (in|under|beside|behind|there|once)": "is",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A retired word in a file.

    :param line: number of its line.
    :param found: the word as written.
    :param instead: what to write instead.
    """

    line: int
    found: str
    instead: str


def find_retired_words(file: Path) -> Iterator[Finding]:
    """Find the retired words of a file, also where a phrase continues on the next line.

    :param file: the file.
    """
    words = _split_identifiers(file.read_text())
    for pattern, instead in _PATTERNS:
        for match in pattern.finditer(words):
            line = words.count("\n", 0, match.start()) + 1
            yield Finding(line=line, found=" ".join(match[0].split()), instead=instead)


def _split_identifiers(source: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", source)


def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b".replace(" ", r"\s+"), re.IGNORECASE)


_PATTERNS = [(_compiled(words), instead) for words, instead in RETIRED.items()]
