"""Cut scores: how much each sampled frame differs from the one before it, by PySceneDetect's content detector.

`indexer.segmentation.segmenter` turns the scores into spans.
"""

import cv2
from scenedetect import FrameTimecode
from scenedetect.detectors import ContentDetector
from scenedetect.stats_manager import StatsManager

from indexer.records import Pixels

SCORE_WIDTH = 160
"""Frames are compared at this width: enough to see a cut, and noise averages out."""


class CutScorer:
    """Scores the frames of one video in order.

    The score is PySceneDetect's `content_val`: the mean absolute difference of hue, saturation and brightness,
    0 to 255. Its own default threshold for a cut is 27.
    """

    def __init__(self) -> None:
        self._stats = StatsManager()
        self._detector = ContentDetector(min_scene_len=0)
        self._detector.stats_manager = self._stats
        self._next = 0

    def score(self, pixels: Pixels) -> float:
        """(height, width, 3) RGB -> difference from the frame of the previous call; 0 for the first."""
        height, width = pixels.shape[:2]
        size = (SCORE_WIDTH, max(1, round(height * SCORE_WIDTH / width)))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        timecode = FrameTimecode(self._next, fps=1.0)
        self._next += 1
        self._detector.process_frame(timecode, cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        if self._next == 1:
            return 0.0
        return float(self._stats.get_metrics(timecode, [ContentDetector.FRAME_SCORE_KEY])[0] or 0.0)
