"""Thumbnails: one JPEG per segment, and the cover of a sound file where it has one; a folder per video."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePath

from indexer.library_place import LibraryPlace
from indexer.store.database_errors import convert_errors
from indexer.store.folder import THUMBNAIL_FOLDER
from indexer.store.hits import SegmentKey
from indexer.store.storage.protocol import Storage

_COVER = "cover.jpg"


class Thumbnails:
    """The thumbnails of one library, in 256 folders of folders of videos."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def library(self) -> LibraryPlace:
        """The library's place, for messages."""
        return self._storage.path

    def path(self, video_id: str, segment_index: int) -> Path:
        """A file of this machine with a segment's thumbnail; it does not exist where there is none."""
        return self.paths([(video_id, segment_index)])[0]

    def paths(self, keys: Sequence[SegmentKey]) -> list[Path]:
        """`path` of several segments, which an object store sends at once."""
        return self._local([f"{_folder(video_id)}/{index:06d}.jpg" for video_id, index in keys])

    def cover_path(self, video_id: str) -> Path:
        """A file of this machine with a sound file's cover; it does not exist where there is none."""
        return self._local([f"{_folder(video_id)}/{_COVER}"])[0]

    def videos(self) -> Iterator[tuple[str, int]]:
        """Ids of the videos that have a folder, each with the number of files in it."""
        return self._storage.picture_folders()

    def files(self, video_ids: Sequence[str]) -> dict[str, int]:
        """The number of files in each video's folder."""
        with convert_errors(self.library, "reading thumbnails"):
            numbers = self._storage.numbers_of_pictures([_folder(video_id) for video_id in video_ids])
        return dict(zip(video_ids, numbers, strict=True))

    def segments(self, video_id: str) -> set[int]:
        """Segment indices that have a thumbnail; -1 for a file whose name is not a number."""
        return {_segment_of(name) for name in self._of_segments(video_id)}

    def written(self, video_id: str) -> float:
        """When a video's thumbnails were written, in seconds since 1970; 0 without any."""
        with convert_errors(self.library, "reading thumbnails"):
            return self._storage.pictures_written(_folder(video_id))

    def write(self, video_id: str, segment_index: int, jpeg: bytes) -> None:
        """Replace a segment's thumbnail atomically."""
        self._replace(video_id, f"{segment_index:06d}.jpg", jpeg)

    def write_cover(self, video_id: str, jpeg: bytes) -> None:
        """Replace the cover of a sound file atomically."""
        self._replace(video_id, _COVER, jpeg)

    def keep(self, video_id: str) -> int | None:
        """Wait until a video's thumbnails are kept; their checksum. Raises OSError, LibraryError."""
        return self._storage.keep_pictures(_folder(video_id))

    def checksum(self, video_id: str) -> int | None:
        """The checksum that `keep` returned, if they are as they were then. Raises OSError, LibraryError."""
        return self._storage.pictures_checksum(_folder(video_id))

    def delete(self, video_id: str) -> None:
        """Delete a video's folder."""
        self._storage.delete_pictures(_folder(video_id))

    def delete_except(self, video_id: str, segments: Collection[int]) -> None:
        """Delete the thumbnails of a video's other segments."""
        gone = [name for name in self._of_segments(video_id) if _segment_of(name) not in segments]
        self._storage.delete_pictures(_folder(video_id), gone)

    def _replace(self, video_id: str, name: str, jpeg: bytes) -> None:
        with convert_errors(self.library, "writing a thumbnail"):
            self._storage.write_picture(_folder(video_id), name, jpeg)

    def _of_segments(self, video_id: str) -> list[str]:
        """Files of a video's folder but for the cover, which belongs to no segment."""
        with convert_errors(self.library, "reading thumbnails"):
            names = self._storage.pictures_in(_folder(video_id))
        return [name for name in names if name.endswith(".jpg") and name != _COVER]

    def _local(self, names: Sequence[str]) -> list[Path]:
        with convert_errors(self.library, "reading thumbnails"):
            return self._storage.local_files(names)


def _folder(video_id: str) -> str:
    return f"{THUMBNAIL_FOLDER}/{video_id[:2]}/{video_id}"


def _segment_of(name: str) -> int:
    stem = PurePath(name).stem
    return int(stem) if stem.isdigit() else -1
