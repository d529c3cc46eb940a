"""Many destinations at once: reading a workspace, planning, applying and describing it."""
