"""The triggers, run for real against the sandbox."""
