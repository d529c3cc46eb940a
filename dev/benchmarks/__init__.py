"""Benchmarks. Machines are noisy, so every figure is a ratio within one run, the best of several rounds."""
