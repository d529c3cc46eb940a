"""The hooks: thin drivers of ``protocol/``, and the connection they read."""
