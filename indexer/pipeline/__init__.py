"""One indexing run: paths of videos in, a library out.

`index` scans the paths, plans what is to be done, and runs the stages of the catalog; `watch` does so again and again.
In come files and settings; out go rows in the library and events that report progress. Left out are decoding
(`indexer.decode`), models (`indexer.models`), the tables themselves (`indexer.store`), and how progress is displayed
(`api`).
"""
