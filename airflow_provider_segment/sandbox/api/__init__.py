"""The Segment Public API, as far as the sandbox serves it."""
