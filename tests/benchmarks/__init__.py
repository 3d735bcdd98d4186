"""Benchmarks beside PyTorch and other peers: `make bench`."""
