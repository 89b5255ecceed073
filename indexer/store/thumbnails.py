"""Thumbnails: one JPEG per segment, and the cover of a sound file where it has one; a folder per video."""

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from indexer.store.database_errors import convert_errors
from indexer.store.folder import LibraryFolder

_COVER = "cover.jpg"


class Thumbnails:
    """The thumbnails of one library, in 256 folders of folders of videos."""

    def __init__(self, folder: LibraryFolder) -> None:
        self._folder = folder

    @property
    def library(self) -> Path:
        """The library's folder."""
        return self._folder.path

    def path(self, video_id: str, segment_index: int) -> Path:
        """Path of a segment's thumbnail, whether or not the file exists."""
        return self._of_video(video_id) / f"{segment_index:06d}.jpg"

    def cover_path(self, video_id: str) -> Path:
        """Path of a sound file's cover, whether or not the file exists."""
        return self._of_video(video_id) / _COVER

    def folder(self, video_id: str) -> Path:
        """A video's folder, whether or not it exists."""
        return self._of_video(video_id)

    def folders(self) -> Iterator[Path]:
        """Folders of videos, each named by the video's id."""
        return self._folder.thumbnails.glob("*/*")

    def segments(self, video_id: str) -> set[int]:
        """Segment indices that have a thumbnail; -1 for a file whose name is not a number."""
        names = (file.stem for file in self._of_segments(video_id))
        return {int(name) if name.isdigit() else -1 for name in names}

    def write(self, video_id: str, segment_index: int, jpeg: bytes) -> None:
        """Replace a segment's thumbnail atomically."""
        self._replace(self.path(video_id, segment_index), jpeg)

    def write_cover(self, video_id: str, jpeg: bytes) -> None:
        """Replace the cover of a sound file atomically."""
        self._replace(self.cover_path(video_id), jpeg)

    def delete(self, video_id: str) -> None:
        """Delete a video's folder."""
        shutil.rmtree(self._of_video(video_id), ignore_errors=True)

    def delete_except(self, video_id: str, segments: Collection[int]) -> None:
        """Delete the thumbnails of a video's other segments."""
        for file in self._of_segments(video_id):
            if not file.stem.isdigit() or int(file.stem) not in segments:
                file.unlink(missing_ok=True)

    def _replace(self, target: Path, jpeg: bytes) -> None:
        with convert_errors(self._folder.path, "writing a thumbnail"):
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = self._folder.staging() / f"{target.parent.name}-{target.name}"
            draft.write_bytes(jpeg)
            os.replace(draft, target)  # noqa: PTH105 - atomic

    def _of_segments(self, video_id: str) -> Iterator[Path]:
        """Files of a video's folder but for the cover, which belongs to no segment."""
        return (file for file in self._of_video(video_id).glob("*.jpg") if file.name != _COVER)

    def _of_video(self, video_id: str) -> Path:
        return self._folder.thumbnails / video_id[:2] / video_id
