"""What training the tiny models shares: the loop, the frame cache, evaluation and golden vectors."""
