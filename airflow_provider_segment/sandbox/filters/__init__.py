"""The evaluation of destination filters: their conditions, written in FQL, and their actions."""
