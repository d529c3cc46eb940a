"""Operators that create, update and delete destinations and their subscriptions."""
