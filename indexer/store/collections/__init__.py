"""Collections: moments that people choose and keep, in order, with trims, handles and notes.

In: what people choose and change. Out: the collections of a library. They are kept in two files beside the tables, so
that they survive the loss of the tables and can be changed while videos are indexed. Leaves out exporting them (`api`).
"""
