"""Questions about sampled clips, each with the reply that the model is to give."""
