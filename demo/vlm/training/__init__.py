"""The two training stages, vision tower then language model, with their auxiliary losses and optimizer."""
