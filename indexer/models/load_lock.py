"""The lock under which weights are loaded with transformers."""

import threading

LOAD_LOCK = threading.RLock()
"""Held while a model is made. Meanwhile transformers replaces methods of its classes (`PreTrainedModel.tie_weights` by
one that does nothing) and puts them back afterwards; two threads at once can leave the replacement there for ever."""
