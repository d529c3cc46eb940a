"""The operations of the API: what they return, the table of their facts, and one function each."""
