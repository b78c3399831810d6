"""Benchmarks: every figure a ratio to something measured in the same run, because machines are noisy."""
