"""Exclusion: moments and a thing that a query excludes in, which of the moments show or name the thing out.

Leaves out recognizing an exclusion in a query, which the parser in `search.query` does.
"""
