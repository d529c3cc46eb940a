"""Notifiers: callbacks of tasks, DAGs and deadlines."""
