"""The control of the sandbox, under ``/_sandbox/``: no token, JSON with names in camelCase."""
