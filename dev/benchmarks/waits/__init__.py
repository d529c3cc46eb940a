"""A thousand waits in one event loop, compared with other providers' triggers: ``python -m dev.benchmarks.waits``."""
