"""Thumbnails: one JPEG per segment, a folder per video."""

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from indexer.store.database_errors import convert_errors
from indexer.store.folder import LibraryFolder


class Thumbnails:
    """The thumbnails of one library, in 256 folders of folders of videos."""

    def __init__(self, folder: LibraryFolder) -> None:
        self._folder = folder

    def path(self, video_id: str, segment_index: int) -> Path:
        """Path of a segment's thumbnail, whether or not the file exists."""
        return self._of_video(video_id) / f"{segment_index:06d}.jpg"

    def folders(self) -> Iterator[Path]:
        """Folders of videos, each named by the video's id."""
        return self._folder.thumbnails.glob("*/*")

    def segments(self, video_id: str) -> set[int]:
        """Segment indices that have a thumbnail; -1 for a file whose name is not a number."""
        names = (file.stem for file in self._of_video(video_id).glob("*.jpg"))
        return {int(name) if name.isdigit() else -1 for name in names}

    def write(self, video_id: str, segment_index: int, jpeg: bytes) -> None:
        """Replace a segment's thumbnail atomically."""
        with convert_errors(self._folder.path, "writing a thumbnail"):
            target = self.path(video_id, segment_index)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = self._folder.staging() / f"{video_id}-{segment_index}.jpg"
            draft.write_bytes(jpeg)
            os.replace(draft, target)  # noqa: PTH105 - atomic

    def delete(self, video_id: str) -> None:
        """Delete a video's folder."""
        shutil.rmtree(self._of_video(video_id), ignore_errors=True)

    def delete_except(self, video_id: str, segments: Collection[int]) -> None:
        """Delete the thumbnails of a video's other segments."""
        for file in self._of_video(video_id).glob("*.jpg"):
            if not file.stem.isdigit() or int(file.stem) not in segments:
                file.unlink(missing_ok=True)

    def _of_video(self, video_id: str) -> Path:
        return self._folder.thumbnails / video_id[:2] / video_id
