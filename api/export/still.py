"""A still: the picture in which something was located, with its boxes or points drawn, as PNG."""

import io

from search.locating.drawing import picture_with_places
from search.locating.located import Located


def still_png(located: Located) -> bytes:
    """The bytes of the PNG."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(picture_with_places(located)).save(stream, "PNG")
    return stream.getvalue()
