"""Words as they are compared in every place: folding with places in the text, attached particles, terms of the index.

In: strings in any script. Out: folded words. Leaves out endings and queries (`search.text`). Pure.
"""
