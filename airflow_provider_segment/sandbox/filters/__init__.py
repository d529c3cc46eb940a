"""Evaluation of destination filters: conditions, written in Segment's query language FQL, and actions."""
