"""The demo world: short drawn videos with exact truth, and small checkpoints trained on them.

Nothing here knows anything about real footage. The world is there so that the whole chain can be run and measured
anywhere.
"""
