"""The query language.

In: what a person typed. Out: a checked query (`validation`), its plan of steps, terms and filters (`parser`, `plan`),
the filters' values (`filter_parser`, `filters`), or a named moment (`moment_reference`). Leaves out the search itself
(`search.plan_executor`). Pure.
"""
