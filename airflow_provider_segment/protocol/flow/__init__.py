"""Flows: their steps, calls with retries, pagination, deferral, rate limits, and redaction of errors."""
