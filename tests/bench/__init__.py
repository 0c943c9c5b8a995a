"""Benchmarks: what ``make bench`` measures, each figure beside a baseline of the same run. Nothing here is a test."""
