"""Search: a query or a question -> moments of the library, or an answer that cites them.

In: an open library (`indexer.store`) and what a person typed. Out: `search.results`, `search.answering.answer`. The
way of a query: `query` parses it, `retrieval` ranks segments by each signal of `signals` and fuses the lists,
`scoring` says how relevant each segment is, `moments` finds the bounds and folds duplicates; `engine` runs them all.
Imports `indexer`, never `api`; prints nothing and knows no HTTP.
"""
