"""The hooks, the connection form, and the descriptors that turn flows into hook methods."""
