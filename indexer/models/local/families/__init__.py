"""Families of vision-language models: how each writes frames and their times into a prompt, and as which tensors."""
