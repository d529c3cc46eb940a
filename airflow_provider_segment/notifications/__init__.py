"""Notifiers: callbacks for tasks, DAGs and deadlines."""
