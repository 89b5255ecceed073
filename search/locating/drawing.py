"""Boxes and points drawn into the picture in which they were found. Pure."""

import math

import numpy as np

from indexer.records import Pixels
from search.locating.located import Located

COLOUR, RIM = (255, 178, 0), (0, 0, 0)
"""Of a line, and of the thin dark rim that keeps it visible on anything bright."""
PIXELS_A_LINE = 400
"""A line is one pixel wide for so many pixels of the longer side, at least two."""


def picture_with_places(located: Located) -> Pixels:
    """A copy of the picture (height, width, 3) with a frame around each box and a dot on each point."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(located.picture)
    draw = ImageDraw.Draw(image)
    width, height = image.size
    line = max(2, math.ceil(max(width, height) / PIXELS_A_LINE))
    for box in located.boxes:
        edges = (box.left * (width - 1), box.top * (height - 1), box.right * (width - 1), box.bottom * (height - 1))
        draw.rectangle(edges, outline=RIM, width=line + 2)
        inner = (edges[0] + 1, edges[1] + 1, edges[2] - 1, edges[3] - 1)
        if inner[0] < inner[2] and inner[1] < inner[3]:
            draw.rectangle(inner, outline=COLOUR, width=line)
    for point in located.points:
        x, y, radius = point.x * (width - 1), point.y * (height - 1), 2 * line
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=COLOUR, outline=RIM, width=1)
    return np.asarray(image, np.uint8)
