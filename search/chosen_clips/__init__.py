"""Chosen clips: a question about clips that a person names, with no retrieval; an answer that cites them out.

In: `VIDEO@START-STOP` of each clip. Out: `search.answering.answer.Answer`; every citation lies in a clip.
"""
