"""Looking again: a model searches, looks closer at moments, and answers, in a bounded number of steps."""
