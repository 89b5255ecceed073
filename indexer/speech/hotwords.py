"""Hotwords: names and terms that the speech model should expect, as a user gives them."""

from pathlib import Path

from indexer.errors import SettingsError

MOST_CHARACTERS = 2000
"""The model takes about 220 tokens of them (half of Whisper's context), and would silently leave out the rest."""


def read_hotwords(given: str) -> str:
    """The words of a setting, separated by spaces; `given` is the words, or a text file of them.

    Raises:
        SettingsError: the file cannot be read as text, or there are too many words.
    """
    text = given
    file = Path(given).expanduser()
    if given and len(given) < 1024 and file.is_file():
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError) as error:
            raise SettingsError(f"speech words: {file} cannot be read as UTF-8 text: {error}") from error
    words = " ".join(text.split())
    if len(words) > MOST_CHARACTERS:
        raise SettingsError(
            f"speech words: {len(words)} characters, but the speech model takes at most {MOST_CHARACTERS};"
            " list only the words that it gets wrong"
        )
    return words
