"""A workspace as files: spec files, environments, and importing existing destinations.

File I/O is here; the rules and flows are in ``protocol/workspace/``.
"""
