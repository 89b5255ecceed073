"""Tables held in memory, so that a small library answers without the database.

In come Arrow tables of one version. Out go the same records and hits as the database returns, with the same cosines
over the same float16 vectors. Left out: filters and indexes of the database (`indexer.store.queries`), and the BM25
scores, which only the database computes.
"""
