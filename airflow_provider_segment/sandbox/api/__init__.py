"""The part of the Segment Public API that the sandbox implements."""
