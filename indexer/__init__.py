"""Videos -> segments -> library. Nothing here imports `search` or `api`."""
