"""Exactly-one provisioning with the real operators over sockets: a table of faults, and tasks that are killed."""
