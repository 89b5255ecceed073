"""How results look in a terminal, in a pipe and as JSON.

Comes in: moments, answers, indexing events, videos. Goes out: lines, tables, progress bars, JSON objects. Leaves out
where they come from.
"""
