"""Workspaces drawn at random, with the shapes of real ones: equal names, masks, server keys, edge spaces, models,
filters."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

MASK = "\u2022" * 10
SOURCES = [("web", "my-website"), ("app", "my-app"), ("my-app", "odd")]
ACTIONS = [("a-track", "trackEvent"), ("a-identify", "identify"), ("identify", "other")]
CLOUD: dict[str, Any] = {
    "id": "t-cloud",
    "name": "Cloud",
    "slug": "actions-cloud",
    "options": [
        {"name": "apiKey", "type": "string"},
        {"name": "region", "type": "string"},
        {"name": "map", "type": "mixed"},
        {"name": "dynamicAuthSettings", "type": "mixed"},
    ],
    "actions": [{"id": id, "slug": slug} for id, slug in ACTIONS],
    "secretOptions": ["apiKey"],
}
CLASSIC: dict[str, Any] = {
    "id": "t-classic",
    "name": "Classic",
    "slug": "classic",
    "options": [{"name": "apiKey", "type": "string"}, {"name": "map", "type": "mixed"}],
    "actions": [],
    "secretOptions": ["apiKey"],
}

NAMES = st.sampled_from(
    ["Orders", " Orders", "orders ", "Käse/Öl: 50%", "${NAME}", "$${x}", "no", "12", "# x", "A" * 300]
)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "x", "${X}", "no", "1e3", " a\n b", "2026-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "$secret", "$$secret", "@path", "ü"]), inner, max_size=3)
    ),
    max_leaves=6,
)
SETTING_KEYS = st.sampled_from(["email", "__segment_internal_x", "b"])
SCHEDULES = st.sampled_from(
    [
        None,
        {"strategy": "MANUAL"},
        {"strategy": "PERIODIC", "config": {"interval": "3h"}},
        {"strategy": "MANUAL", "config": None},
    ]
)


@st.composite
def subscriptions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw up to 50 subscriptions; many share action and name."""
    size = draw(st.sampled_from([0, 1, 2, 3, 5, 50]))
    drawn = []
    for number in range(size):
        model = draw(st.sampled_from(["", "", "m-1", "m-2"]))
        one: dict[str, Any] = {
            "id": f"s{number}",
            "name": draw(st.sampled_from(["Track", "Track", "Identify", " Track "])),
            "actionId": draw(st.sampled_from([id for id, _ in ACTIONS])),
            "trigger": draw(st.sampled_from(['type = "track"', 'type = "track"', 'event = "${E}"', 'type = "page"'])),
            "enabled": draw(st.booleans()),
            "settings": draw(
                st.dictionaries(st.sampled_from(["email", "__segment_internal_x", "b"]), JSON_VALUES, max_size=2)
            ),
            "modelId": model,
        }
        if model:
            one["reverseETLSchedule"] = draw(SCHEDULES)
        drawn.append(one)
    return drawn


FILTER_ACTIONS = st.sampled_from(
    [
        [{"type": "DROP"}],
        [{"type": "DROP"}],
        [{"type": "SAMPLE", "percent": 0.25, "path": "userId"}],
        [{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["email", "name"], "": ["ip"]}}],
        [{"type": "DROP_PROPERTIES", "fields": {"context.traits": ["name", "email"], "": ["ip"]}}],
        [
            {"type": "ALLOW_PROPERTIES", "fields": {"properties": ["${KEY}", "$secret"]}},
            {"type": "SAMPLE", "percent": 1},
        ],
    ]
)


@st.composite
def filters(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw up to five filters; many share title, condition or actions."""
    return [
        {
            "id": f"f{number}",
            "title": draw(st.sampled_from(["Block", "Block", " Block", "${X}", "Sample"])),
            "if": draw(st.sampled_from(["all", "all", 'type = "track"', 'event = "${E}"'])),
            "actions": draw(FILTER_ACTIONS),
            "enabled": draw(st.booleans()),
            "description": draw(st.sampled_from(["", " why ", "${Y}", " "])),
        }
        for number in range(draw(st.sampled_from([0, 0, 1, 2, 5])))
    ]


@st.composite
def destinations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw up to four destinations, as a seed of the sandbox; some share their whole identity."""
    drawn = []
    for number in range(draw(st.integers(1, 4))):
        cloud = draw(st.booleans())
        settings: dict[str, Any] = {"map": draw(JSON_VALUES.filter(lambda value: value is not None))}
        if draw(st.booleans()):
            settings["apiKey"] = draw(st.sampled_from(["", "short", "key-0123456789-dada"]))
        if cloud and draw(st.booleans()):
            settings["dynamicAuthSettings"] = {"configId": "c"}
        drawn.append(
            {
                "id": f"d{number}",
                "sourceId": draw(st.sampled_from([id for id, _ in SOURCES])),
                "metadataId": (CLOUD if cloud else CLASSIC)["id"],
                "name": draw(st.just("") | NAMES),
                "enabled": draw(st.booleans()),
                "settings": settings,
                "subscriptions": draw(subscriptions()) if cloud else [],
                "filters": draw(filters()),
            }
        )
    return drawn


def seed(drawn: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a seed of the sandbox with these destinations."""
    sources = [{"id": id, "name": slug, "slug": slug} for id, slug in SOURCES]
    return {"sources": sources, "catalog": [CLOUD, CLASSIC], "destinations": drawn}
