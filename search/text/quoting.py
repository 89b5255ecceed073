"""Texts of a library as they are quoted in a model's prompt. Pure."""


def quote_for_prompt(text: str) -> str:
    """One line that can neither close its quotation nor pass for a control token of the chat."""
    line = " ".join(text.split())
    for mark in ("<<<", ">>>", "<|", "|>"):
        line = line.replace(mark, " ")
    return line
