"""The HTTP service over one library: JSON for programs, and the page for people.

Input: HTTP requests. Output: JSON, event streams, media, errors as problem+json. From top to bottom: `server` runs
`app`, which puts `routes` behind `middleware`; routes call `jobs`, `files` and `views`; these share `runtime`. Leaves
out retrieval and indexing, and what is in the files it serves (`api.media`, `api.export`).
"""
