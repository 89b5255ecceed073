"""What training the tiny models shares: the loop, scene variants, codec noise, the tokenizer, evaluation."""
