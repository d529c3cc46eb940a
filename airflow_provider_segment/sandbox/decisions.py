"""Decisions: what the sandbox does where Segment's documentation is silent or contradicts itself.

Nothing on this page is a documented fact. Everything else in the sandbox follows what Segment publishes, so this is
the page to read, and to change, when the real service turns out to behave differently.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

# --- Errors ---------------------------------------------------------------------------------------------------------

ERROR_TYPES = {
    400: "bad-request",
    401: "unauthorized",
    404: "NotFound",
    406: "not-acceptable",
    413: "payload-too-large",
    415: "unsupported-media-type",
    422: "input-validation",
    429: "RequestError",
}
"""The published samples contradict each other; clients are told to look at the status alone."""

MAX_BODY_BYTES = 1024 * 1024
"""Bodies beyond this are a 413. That there is a limit is documented, the figure is not."""

# Whoever accepts plain JSON gets plain JSON as the Content-Type, whoever accepts anything the most stable version's
# type. A version may be named by either of its published spellings, and the answer repeats the one it was asked in.

# An id in a path that is longer than the documented 255 characters is a 422, though nothing can have it.

UNKNOWN_ROUTE_STATUS = 404
"""An unknown path, and a known path with another method: 405 is not among the published statuses. HEAD is a GET."""

NO_SUCH_VERSION_STATUS = 406
"""``Accept`` names only versions the operation does not exist in. A fallback would hide the client's mistake."""

UNKNOWN_CONTENT_TYPE_STATUS = 415
"""A body sent as something other than JSON or a version the operation exists in. No ``Content-Type`` at all is fine."""

INSTANCE_CONFLICT_STATUS = 422
"""A second instance of a one-instance type, one too many, or (when switched on) a repeated name.

409 is published in general but not listed for createDestination.
"""

# --- Lists ----------------------------------------------------------------------------------------------------------

# Lists are in order of insertion. A cursor is the base64 of an offset, as in Segment's samples. An offset beyond the
# end, left over from before a deletion, gives an empty page. Anything else in a cursor is a 422.


def cursor_for(offset: int) -> str:
    """Write the cursor of the page that starts at ``offset``."""
    return base64.b64encode(str(offset).encode("ascii")).decode("ascii")


def offset_of(cursor: str) -> int | None:
    """Read a cursor; None when it is none."""
    try:
        digits = base64.b64decode(cursor, validate=True)
    except (binascii.Error, ValueError):
        return None
    return int(digits) if re.fullmatch(rb"[0-9]{1,15}", digits) else None


# --- Rate limits ----------------------------------------------------------------------------------------------------

# Windows are fixed, begin with the first request, and are counted per operation for the three subscription writes, and
# together for everything else. Requests that fail validation count, refused ones too (Segment's sample shows 21
# consumed points with none remaining). Without a limit there are no X-RateLimit headers.

# --- Destinations ---------------------------------------------------------------------------------------------------

ENABLED_BY_DEFAULT = True
"""``enabled`` of a new destination when the request leaves it out."""

UNNAMED = ""
"""``name`` of a destination created without one, or renamed to null."""

MAX_INSTANCES = 25
"""Instances of one type on one source. The figure is documented for cloud mode; the sandbox counts all."""

# Settings: an option that is required and not sent is not an error (the documentation allows an empty object). Keys the
# catalog does not name are ignored; a catalog entry seeded without options takes every key. A null leaves a key as it
# was. A value of the wrong type for its option is a 422, for the types that tell: string, password, select, boolean,
# number. Read-only keys are ignored on create.

MASK = "\u2022" * 10
SHOWN_CHARACTERS = 4
SHORTEST_PARTLY_SHOWN = 9


def masked(value: Any) -> Any:
    """Hide a secret: ten bullets, and the last four characters of text longer than eight. Empty text stays empty.

    Values inside lists and objects are hidden one by one; null and switches stay, there is nothing to hide.
    """
    if isinstance(value, str):
        if value == "":
            return value
        return MASK + (value[-SHOWN_CHARACTERS:] if len(value) >= SHORTEST_PARTLY_SHOWN else "")
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool) else MASK


def is_unchanged_secret(new: Any, old: Any) -> bool:
    """Tell whether what was sent is what reading the secret shows. Any other text with bullets is a new secret."""
    return bool(masked(old) == new)


_SECRET_NAME = re.compile(r"(api|secret|private|access|auth).?key$|token$|secret$|passw", re.IGNORECASE)


def is_secret_option(name: str, option_type: str, listed: Sequence[str] | None) -> bool:
    """Tell whether an option is masked.

    :param name: name of the option.
    :param option_type: its catalog type; ``password`` is always masked.
    :param listed: the names its seed calls secret; None when the seed says nothing, then the name decides.
    """
    if option_type == "password":
        return True
    return name in listed if listed is not None else _SECRET_NAME.search(name) is not None


# --- Subscriptions --------------------------------------------------------------------------------------------------

# An action the destination's type does not have is a 404, so a classic type (no actions) takes no subscriptions at all.
# A trigger is any text that is not empty: FQL is not checked. Settings are kept as sent, no defaults are filled in, and
# an update merges or replaces them as it does a destination's. A schedule needs no model.

PLAIN_MODEL_ID = ""
"""``modelId`` of a subscription that is not Reverse ETL."""

MAX_DBT_CLOUD_SUBSCRIPTIONS = 5
"""Documented without saying in what; the sandbox counts the whole workspace."""

CLOSEST_CRON_MINUTES = 15
"""Cron schedules must be more than this apart. The sandbox looks at the minutes alone, as if every hour were meant."""

# --- Delivery metrics -----------------------------------------------------------------------------------------------

# A source the destination is not connected to is a 404. A range or age beyond the limits is a 422 that names the field.
# The start is inclusive, the end exclusive. A time without a zone is UTC. The total of a time metric is the number of
# events measured. Averages are weighted by events, percentiles are the largest seen. With metricsAlign "bucket" every
# minute, hour or day counts that the window touches. No data gives zeros.

# The documented default start for DAY, 30 days ago, lies beyond the documented oldest start: defaults are moved inside.

OWN_TIME_TO_SUCCESS = (180.0, 420.0)
OWN_TIME_TO_FIRST_ATTEMPT = (60.0, 140.0)
"""Average and 95th percentile of what a destination delivers by itself. No unit is published; think of milliseconds."""
