"""The API's operations: their definitions, the objects they return, and one function for each."""
