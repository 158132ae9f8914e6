"""Benchmarks: `make bench` measures ours against the barest way of doing the same, side by side in one run."""
