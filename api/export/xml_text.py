"""Text for XML 1.0 documents. Pure."""

import re

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""


def xml_text(text: str) -> str:
    """The text with a blank in place of each character that XML does not allow; mark-up is escaped by the writer."""
    return _ILLEGAL.sub(" ", text.encode("utf-8", "replace").decode())
