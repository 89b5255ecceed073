"""Evaluation: truth files in, retrieval metrics of a library's search or of stored predictions out.

Leaves out measuring speed (`bench`) and printing the figures (`api`).
"""
