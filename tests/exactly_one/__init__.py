"""Exactly what is described, over sockets with the real operators: a table of faults, and tasks that are killed."""
