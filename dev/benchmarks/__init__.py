"""Benchmarks. Machines are noisy: every figure is a ratio of things measured in one run, the best of several rounds."""
