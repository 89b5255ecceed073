"""Thumbnails in a terminal: two pixels per character, the upper as foreground and the lower as background colour.

Works in every terminal with true colours. The graphics protocols of some terminals (kitty, iTerm2, sixel) are not used,
since their images cannot be placed inside a table that scrolls.
"""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from api.cli.terminal import WIDE_COLUMNS

COLUMNS, ROWS = 32, 9
"""The box that a thumbnail fits into: nine lines, as high as the text beside it may grow."""
_UPPER_HALF = "▀"


def can_show(console: Console) -> bool:
    """Whether the terminal has true colours and room for a thumbnail beside the text."""
    return console.is_terminal and console.color_system == "truecolor" and console.width >= WIDE_COLUMNS


def half_blocks(picture: Path) -> Text | None:
    """An image drawn as large as the box allows; None if it cannot be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(picture) as image:
            scale = min(COLUMNS / image.width, 2 * ROWS / image.height)
            columns, rows = max(1, round(scale * image.width)), max(1, round(scale * image.height / 2))
            small = image.convert("RGB").resize((columns, rows * 2), Image.Resampling.LANCZOS)
    except (OSError, UnidentifiedImageError, ValueError):
        return None
    pixels = small.tobytes()
    lines = [_line(pixels, row, columns) for row in range(rows)]
    return Text("\n", no_wrap=True).join(lines)


def _line(pixels: bytes, row: int, columns: int) -> Text:
    line = Text(no_wrap=True)
    for column in range(columns):
        upper = (2 * row * columns + column) * 3
        lower = upper + columns * 3
        line.append(_UPPER_HALF, style=f"{_hex(pixels, upper)} on {_hex(pixels, lower)}")
    return line


def _hex(pixels: bytes, at: int) -> str:
    return f"#{pixels[at : at + 3].hex()}"
