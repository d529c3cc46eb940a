"""Decisions: what the sandbox does where Segment's documentation is silent or contradicts itself.

Everything else in the sandbox follows what Segment publishes. If the real service turns out to behave differently,
change it here. A question that has been settled is marked "Settled", with its source; all others are open. The tests in
``tests/real_workspace`` use a real workspace to learn whether an update merges or replaces settings, what happens to
unknown settings, how unset and duplicate names are handled, the order of lists, and the format of errors, including
those about time ranges.

"Public exports" are workspace configurations in public repositories: 419 destinations with 930 subscriptions, used for
counting only. "Live" means a trace of a request to the service in a public issue.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

# --- Requests and errors --------------------------------------------------------------------------------------------

ERROR_TYPES = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "NotFound",
    406: "not-acceptable",
    413: "payload-too-large",
    415: "unsupported-media-type",
    422: "input-validation",
    429: "RequestError",
}
"""``type`` of an error. The published samples contradict each other; clients should rely on the status only.

Settled: an error has no ``status`` (live: issues 104 and 108 of Segment's Terraform provider). Its message quotes the
last part of the field's path; an error about a setting names the bare option in ``field`` and describes it in ``data``
(documentation, Request Validation page). Open: the bodies of a live 401 and 404, and the messages.
"""

MAX_BODY_BYTES = 1024 * 1024
"""Longer bodies return 413. The documentation mentions a limit but not its size."""

# A client that accepts plain JSON gets plain JSON as the Content-Type; one that accepts any type gets the most stable
# version's type. Both published names of a version are accepted, and the response uses the one that was requested.

# An id in a path that is longer than the documented 255 characters returns 422 rather than 404.

UNKNOWN_ROUTE_STATUS = 404
"""Unknown paths, and known paths with another method: 405 is not among the published statuses. HEAD acts as GET."""

UNKNOWN_VERSION_STATUS = 406
"""``Accept`` lists only versions that the operation does not have. A fallback would hide the client's mistake."""

UNKNOWN_CONTENT_TYPE_STATUS = 415
"""A body that is neither JSON nor a version that the operation has. ``Content-Type`` may be missing."""

SECOND_INSTANCE_STATUS = 400
SECOND_INSTANCE_MESSAGE = "Multiple configurations of this destination type not supported."
"""Settled: the response to a second instance of a single-instance type, which has no ``field`` (issue 104 of Segment's
Terraform provider)."""

# --- Lists ----------------------------------------------------------------------------------------------------------

# Lists are in order of creation. A cursor is a base64-encoded offset, as in Segment's samples. An offset beyond the
# end, which a deletion can cause, returns an empty page. Any other invalid cursor returns 422. Open: the order of
# lists, and whether connected-destinations lists disabled destinations, as it does here.


def encode_cursor(offset: int) -> str:
    """Return the cursor of the page that starts at ``offset``."""
    return base64.b64encode(str(offset).encode("ascii")).decode("ascii")


def decode_cursor(cursor: str) -> int | None:
    """Return the offset that a cursor encodes, or None if the cursor is invalid."""
    try:
        digits = base64.b64decode(cursor, validate=True)
    except (binascii.Error, ValueError):
        return None
    return int(digits) if re.fullmatch(rb"[0-9]{1,15}", digits) else None


# --- Rate limits ----------------------------------------------------------------------------------------------------

# Windows are fixed and start with the first request. Each of the three operations that write subscriptions has its own
# window; all other operations share one. Requests that fail validation count, and so do rate-limited ones: Segment's
# sample shows 21 consumed points with none remaining. Settled: every successful response has the X-RateLimit headers
# (documentation, Rate Limits page). The general limit is unknown; none applies unless it is set.

REPORTED_LIMIT = 1000
"""Points per window from which ``X-RateLimit-Remaining`` counts down if no limit is set."""


def remaining_points(limit: int | None, *, consumed: int) -> int:
    """Return the value of ``X-RateLimit-Remaining``; with no limit set, at least 1, because no request is rejected."""
    return max(1, REPORTED_LIMIT - consumed) if limit is None else max(0, limit - consumed)


# --- Destinations ---------------------------------------------------------------------------------------------------

ENABLED_BY_DEFAULT = True
"""``enabled`` of a new destination if the request omits it."""

NO_NAME = ""
"""Stored name of a destination created without one, or renamed to null.

Open: responses show it without ``name``, as the newer official clients allow, or as an empty string, as in samples of
2022; the setting ``unnamed`` selects one. If a client sends the name ``""``, the destination has no name either.
"""

MAX_INSTANCES = 25
"""Maximum number of instances of one type on one source. Documented for cloud mode only; applied to all modes here."""

TOO_MANY_INSTANCES_STATUS = 400
"""Open: the status of this error; here it is that of a second instance of a single-instance type."""

# Names: instances of one type on one source need distinct names (Segment's product documentation; (source, type, name)
# is unique in all 419 destinations of public exports). Open: the status, which ``duplicate_name_status`` sets; whether
# two destinations without a name conflict, as they do here; and whether names are normalised before the comparison, as
# they are not here. A seed may contain duplicates.

# Settings: omitting a required option is not an error, because the documentation allows an empty object. A null leaves
# a setting unchanged. A value of the wrong type returns 422 for options of type string, password, select, boolean or
# number. Read-only settings are ignored on create.
#
# Settled: keys that the catalog entry does not have are stored and returned (public workspace exports hold some). Open:
# whether an update merges or replaces settings; the setting ``settings_update`` selects one. Segment's Terraform
# provider and the rule about read-only settings both point to merging.
#
# Settled: defaults are not always filled in. In public exports, destinations of the same type differ in their keys for
# 31 of 67 types. A catalog entry of a seed switches defaults off with ``"fillDefaults": false``.

AUTH_SETTINGS = "dynamicAuthSettings"
"""Settled: Segment adds this key to the settings of action destinations (50 of 419 destinations in public exports).

Open: for which types, and whether a client may write it. Here, every type with actions has it unless its catalog entry
says ``"dynamicAuthSettings": false``, and it is read-only.
"""

MASK = "\u2022" * 10
SHOWN_CHARACTERS = 4
MIN_LENGTH_PARTLY_SHOWN = 9


def masked(value: Any) -> Any:
    """Mask a secret as ten bullets, followed by its last four characters if it is longer than eight.

    Values inside lists and objects are masked one by one; null, booleans and empty strings are left unchanged.
    """
    if isinstance(value, str):
        if value == "":
            return value
        return MASK + (value[-SHOWN_CHARACTERS:] if len(value) >= MIN_LENGTH_PARTLY_SHOWN else "")
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool) else MASK


def is_unchanged_secret(new: Any, old: Any) -> bool:
    """Return whether ``new`` is the masked form of ``old``; any other string with bullets is a new secret."""
    return bool(masked(old) == new)


# Settled: the name of a setting does not tell whether it is secret. In public exports, ``siteId``, ``accountId`` and
# ``clientEmail`` are masked, ``projectToken`` is not, and ``privateKey`` is found both ways. Here, options of type
# ``password`` and those that the seed lists in ``secretOptions`` are. Open: which options Segment masks, how it masks
# short secrets (2 of 135 masks in the exports are ten bullets alone), and whether it masks values inside lists and
# objects: the exports have no such mask.

# --- Subscriptions --------------------------------------------------------------------------------------------------

# An action that the destination type does not have returns 404, so a classic type, which has no actions, cannot have
# subscriptions. A trigger is any non-empty string: its FQL is not validated. Settings are stored as sent, without
# defaults; an update merges or replaces them as it does for destinations. A schedule does not require a model.

NO_MODEL_ID = ""
"""``modelId`` of a subscription that is not Reverse ETL."""

MAX_DBT_CLOUD_SUBSCRIPTIONS = 5
"""Settled: the limit is per Reverse ETL model (Segment's product documentation). Without a model there is no limit."""

MIN_CRON_GAP_MINUTES = 15
"""Cron schedules must run more than this far apart. Only the minutes are checked, as if the cron ran every hour."""

# --- Filters --------------------------------------------------------------------------------------------------------

# A statement that the sandbox can't read returns 422 on create, update and preview, and so does one that can't be
# evaluated for the payload, because it compares or converts what the documentation does not mention. The live service
# is documented to drop such an event; a preview that showed it as dropped would hide the mistake.
#
# `and` binds more tightly than `or`, and both short-circuit. A statement that is null is false.
# `uppercase` and the other functions that change a string return null for null, as `lowercase` is documented to.
# In a string, a backslash only escapes the quote; otherwise it is kept, for `match`.
#
# Actions run in order. ALLOW_PROPERTIES removes keys only from the objects that its `fields` list. A path through a
# list applies to each object in the list, as in the app's filters. A preview of SAMPLE with a percentage between 0 and
# 1 returns 422, because the result is random. Unknown keys of an action are allowed; keys of another type of action
# are ignored.
#
# A source that is not the destination's returns 404. Titles need not be unique. Filters do not change what a
# destination delivers in the sandbox, because its automatic deliveries have no content.

MAX_FILTERS = 10
"""Documented on the page about filters; whether the API enforces it is not."""

TOO_MANY_FILTERS_STATUS = 422

# --- Delivery metrics -----------------------------------------------------------------------------------------------

# A source that the destination is not connected to returns 404. A window that is too long or starts too early returns
# 422 and names the field. The start is inclusive, the end exclusive. A time without a zone is UTC. The total of a time
# metric is the number of events measured. Averages are weighted by events; percentiles are the largest of all batches.
# The status of range errors and the units of the time metrics are open.
# With metricsAlign "bucket", every minute, hour or day that the window overlaps counts. Without data, metrics are 0.

# The documented default start for DAY is 30 days ago, but the documented earliest start is 14 days ago: a default start
# that is too early is moved to the earliest one.

AUTOMATIC_TIME_TO_SUCCESS = (180.0, 420.0)
AUTOMATIC_TIME_TO_FIRST_ATTEMPT = (60.0, 140.0)
"""Average and 95th percentile of automatic deliveries. Segment publishes no unit; these are plausible milliseconds."""
