"""The hooks, the connection form, and how calls become methods."""
