"""Fine-tuning examples: a message with clips and the reply that is right, as lines of ms-swift's JSONL."""
