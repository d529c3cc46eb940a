"""The operators: create, update and delete of destinations and of their subscriptions."""
