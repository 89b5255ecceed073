"""Fine-tuning data: answers and captions that people judged right, as ms-swift reads them: JSON lines and cut clips."""
