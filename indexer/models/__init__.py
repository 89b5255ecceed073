"""Models: settings in, loaded models out, each behind a protocol that the rest of the code is written against.

In `profiles` lies the table of models that go together; `loading` turns settings into models, importing a library only
when its model is needed. `protocols` and `vision_language` say what is expected of a model. Leaves out when a model
runs, which is decided by `indexer.pipeline` and `search`, and training the demo's own models, which is in `demo`.
"""
