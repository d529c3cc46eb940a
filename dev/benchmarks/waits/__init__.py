"""A thousand waits in one event loop, beside the triggers of other providers: ``python -m dev.benchmarks.waits``."""
