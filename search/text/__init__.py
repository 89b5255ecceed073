"""Words and phrases: tokens, stems, coverage of a query by a text, phrase matching, quoting.

In: strings in any script. Out: words, shares and yes or no. Leaves out where texts come from, and which words ask a
question (`search.answering.question_analysis`) or are operators (`search.query.english_operators`). Pure.
"""
