"""The operations of the API: a table of them, the objects they return, and one function each."""
