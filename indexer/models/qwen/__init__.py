"""Qwen2-VL through transformers: prompts of words and frames in, replies out, held to a JSON schema where one is given.

Leaves out finding the weights (`indexer.models.weights`) and writing the prompts.
"""
