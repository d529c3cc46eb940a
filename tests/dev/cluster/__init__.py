"""Tests of ``make cluster`` that need no cluster."""
