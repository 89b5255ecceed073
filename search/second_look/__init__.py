"""Second look: the best picture hits of a search are shown to a vision-language model, which judges each.

In: a `search.results.SearchResult`. Out: the same moments, none left out, each judged one with its verdict, in an order
that counts the verdicts.
"""
