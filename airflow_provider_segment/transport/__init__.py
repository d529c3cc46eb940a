"""The transport: two drivers that run the flows of ``protocol/``, their sessions, and the parsed connection."""
