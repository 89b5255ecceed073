"""Single models by themselves: what they get right, and what they cost."""
