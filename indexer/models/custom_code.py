"""Refusal of Python code that a model's folder brings along.

A checkpoint may name code of its own (`auto_map`), which transformers offers to run by a question at the terminal. Here
such code never runs and nobody is asked: architectures that the libraries know load as usual, others are an error.
"""


def forbid_custom_code() -> None:
    """Make transformers refuse a folder's code in this process, in place of asking, also where a library calls it."""
    from transformers import dynamic_module_utils

    dynamic_module_utils.TIME_OUT_REMOTE_CODE = 0  # seconds that it waits for an answer


def loading_failure(error: Exception) -> str:
    """Why a model did not load, for the middle of a message."""
    if "custom code" in str(error) or "trust_remote_code" in str(error):
        return "they need Python code of their own, which Reelseek never runs"
    return f"{type(error).__name__}: {error}"
