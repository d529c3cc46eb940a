"""Operators that create, update and delete destinations, their subscriptions and their filters."""
