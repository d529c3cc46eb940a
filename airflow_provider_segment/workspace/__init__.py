"""A workspace as files: spec files, environments and the import of what exists.

File I/O is here; the rules and flows are in ``protocol/workspace/``.
"""
