"""The stages of an indexing run, one module each: videos in, rows for the library out.

`base` holds the interface; `indexer.catalog` lists the stages in their order. A stage decides which videos lack it, and
commits what it makes. Where it works on many videos at once, a worker beside it does so (`picture_worker`,
`screen_text_worker`, `speech_worker`, `caption_worker`). Left out are the models and decoders that the workers run.
"""
