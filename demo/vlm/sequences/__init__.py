"""Clips and questions as token sequences, packed into the batches of a training step."""
