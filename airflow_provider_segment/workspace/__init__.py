"""A workspace as files: spec files, environments, and the import of existing destinations.

File I/O is here; the rules and flows are in ``protocol/workspace/``.
"""
