"""What destination filters do to an event: their conditions, written in FQL, and their actions."""
