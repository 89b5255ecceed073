"""Real words: queries as people type them, asked of real videos; what is found, where, and what is wrongly found.

`queries/tuning.jsonl` and `queries/checking.jsonl` were read off the videos of ../shared by readers who saw no
search result; no picture or sound of the videos is in them. All encodings of one content are in one half.
Rules and thresholds may be made with the tuning half alone.
"""
