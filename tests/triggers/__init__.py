"""The triggers, run against the sandbox."""
