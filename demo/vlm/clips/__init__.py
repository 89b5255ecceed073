"""What the tiny Qwen2-VL is shown: drawn frame pairs, clips of near-identical scenes, and the facts that they show."""
