"""Query -> moments. Imports `indexer`, never `api`."""
