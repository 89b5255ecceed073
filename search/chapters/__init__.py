"""Chapters: an indexed video in, its parts with titles out.

Chapters that the container marks are taken over; otherwise they are found by TextTiling. Leaves out file formats of
chapters (`api`) and answering questions with them.
"""
