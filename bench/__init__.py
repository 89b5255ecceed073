"""Benchmarks: each module is a command that measures one thing and prints a table.

`make bench` runs indexing, search and on-screen text; `docs/benchmarks.md` explains the figures.
"""
