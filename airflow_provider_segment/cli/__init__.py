"""The command line: import, validate, plan, apply and watch a workspace as files."""
