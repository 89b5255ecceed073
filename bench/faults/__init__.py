"""Faults brought about on purpose: kills, damaged files, full disks, other processes, wrong clocks; what was lost.

In: a seed and numbers of trials. Out: a table of what was tried and what was lost. `python -m bench.faults`.
"""
