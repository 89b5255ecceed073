"""Which of the changed frames are read: camera pictures change all the time, and their words seldom do. Pure."""

TEXTLESS_FRAMES = 3
"""Read frames in a row without a word, after which only a look now and then is taken."""
LOOK_SECONDS = 2.0
"""Time between looks: words that stay for as long are met by one, since the frames between changed, too."""
RARE_LOOK_SECONDS = 3.0
"""Time between looks after a long time without words; titles and signs stay for 3 seconds to be readable."""
LONG_TEXTLESS_SECONDS = 60.0

_ROUNDING_SECONDS = 1e-3


class ReadingPolicy:
    """Says which frames of one video are worth reading; ask in order of time.

    While words are found, and after `TEXTLESS_FRAMES` reads without any, a changed frame is read `LOOK_SECONDS` after
    the last look (`RARE_LOOK_SECONDS` once `LONG_TEXTLESS_SECONDS` went by without words), or at a cut: a new scene
    may bring a sign. A frame skipped so is caught up with when the picture then stands still; whoever reads also goes
    back to it when the next look shows other words.
    """

    def __init__(self) -> None:
        self._textless_reads = 0
        self._last_read_seconds: float | None = None
        self._last_text_seconds: float | None = None
        self._is_owed = False

    def should_read(self, time_seconds: float, changed: bool, *, cut: bool = False) -> bool:
        """Whether to read the frame at `time_seconds` (player's clock).

        Args:
            changed: its picture differs from the last changed one, see `ChangeDetector.changed`.
            cut: it shows another scene, see `ChangeDetector.is_cut`.
        """
        if not (changed or self._is_owed):
            return False
        if cut or self._last_read_seconds is None or 0 < self._textless_reads < TEXTLESS_FRAMES:
            return True
        since_look = time_seconds - self._last_read_seconds
        self._is_owed = since_look < self._look_seconds(time_seconds) - _ROUNDING_SECONDS
        return not self._is_owed

    def saw(self, time_seconds: float, has_text: bool) -> None:
        """Tell what a frame that was read showed."""
        self._last_read_seconds = time_seconds
        self._is_owed = False
        if has_text or self._last_text_seconds is None:
            self._last_text_seconds = time_seconds
        self._textless_reads = 0 if has_text else self._textless_reads + 1

    def _look_seconds(self, time_seconds: float) -> float:
        textless_seconds = time_seconds - (self._last_text_seconds or 0.0)
        return RARE_LOOK_SECONDS if textless_seconds >= LONG_TEXTLESS_SECONDS else LOOK_SECONDS
