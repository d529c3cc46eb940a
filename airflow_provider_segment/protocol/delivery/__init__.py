"""Delivery metrics: numbers, conditions on them, the stretch of time they cover, and the verdict of a look."""
