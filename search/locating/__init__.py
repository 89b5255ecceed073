"""Locating: what to look for and a time of a video in, boxes or points in its picture out.

In: the words, a video and a time. Out: `located.Located`, places as shares of the picture whatever the model's units.
"""
