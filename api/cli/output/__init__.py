"""How results look in a terminal, in a pipe and as JSON.

Input: moments, answers, indexing events, videos. Output: lines, tables, progress bars, JSON objects. Leaves out
where they come from.
"""
