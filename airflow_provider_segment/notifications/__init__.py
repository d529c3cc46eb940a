"""Notifiers: callbacks of tasks and DAGs."""
