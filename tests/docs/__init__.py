"""Tests of the documentation: code blocks run, quoted messages exist, and everything public is documented."""
