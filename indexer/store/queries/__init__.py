"""Queries on the open tables: by vector, by words, and against a sample of the library.

In come query vectors (dim,) and texts, out go hits (`indexer.store.hits`). Each query is answered from memory where
the table is held there (`indexer.store.memory`), otherwise by LanceDB. Left out: embedding the query, and combining
the hits of several queries (`search.retrieval`).
"""
