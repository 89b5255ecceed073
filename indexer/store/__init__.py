"""The library: a folder with LanceDB tables, thumbnails and a writer's lock. `library.Library` is the way in.

In come records of `indexer.records`, written by the pipeline, and query vectors and query texts. Out go records and
hits (`hits`), nearest neighbours and full-text matches of single rows. Left out: models, which make the vectors, and
everything that turns hits into answers (fusion, reranking, localization), which is the subject of `search`.

Only files below this package import LanceDB.
"""

import os

# LanceDB reads it once, at its first import. Its warnings ("partition 21 is empty") mean nothing to a user.
os.environ.setdefault("LANCEDB_LOG", "error")
