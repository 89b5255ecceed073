"""Answers to questions by a vision-language model, with citations.

In: a question and a library. Out: an `Answer` whose every citation lies inside a clip that the model was shown.
`asker` is the entry; `question_analysis` reads the question, `token_budget` and `clip_planning` choose the frames,
`multi_pass` prompts the model, `reply` checks what it says; `counting`, `summarizing` and `pinpoint` are the other
ways to answer. Leaves out the model itself (`indexer.models`) and retrieval (`search.engine`).
"""
