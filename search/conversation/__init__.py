"""Conversations: a question that follows an answer in, the question that stands alone and its answer out."""
