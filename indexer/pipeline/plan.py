"""The plan of an indexing run: files on disk, compared with the videos of the library. Writes nothing.

A video is identified by its content. Hashing terabytes only to learn that nothing changed would take too long, so a
file whose path, size and modification time are known counts as unchanged. A new file is hashed here only when another
file or video has its size, because only then can it be a copy or a moved video.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer.catalog import ENTRY_OF_STAGE, FIRST_STAGE, StageName
from indexer.errors import VanishedVideoError
from indexer.pipeline.fingerprints import content_id, id_of_unreadable
from indexer.pipeline.scan import Found, FoundFile, UnreadableFile, is_lost
from indexer.records import Video
from indexer.store.tags import MAX_TAGS, edit_tags


@dataclass(frozen=True, slots=True)
class Job:
    """One content that needs work."""

    files: tuple[FoundFile, ...]
    """Every path with this content, sorted; the first one is read."""
    video_id: str
    """Empty while the bytes are not hashed: nothing else has this size, so the content is new."""
    known: Video | None
    """The video in the library; None where the content is new."""
    stages: tuple[StageName, ...]
    """To be made, in order."""
    tags: tuple[str, ...] = ()
    """The user's tags of the videos that these paths held before: a file that was cut or exported again keeps them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do."""

    jobs: tuple[Job, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    """(path, reason)."""
    moved: tuple[tuple[str, str], ...] = ()
    """(new path, old path)."""
    unreadable: tuple[UnreadableFile, ...] = ()
    """Recorded as failed videos."""
    unreachable: tuple[UnreadableFile, ...] = ()
    """Folders, and videos of the library that cannot be read now: reported, but not recorded. What the library holds
    of them stays."""
    rewritten: tuple[Video, ...] = ()
    """Known videos whose paths or times changed; only their own row is written."""
    replaced: tuple[Video, ...] = ()
    """Videos whose every path now holds other bytes; they are removed once what is there now is in the library."""
    missing: tuple[Video, ...] = ()
    """Videos that lay under the given paths and are gone."""

    def without_stage(self, stage: StageName) -> "Plan":
        """The plan where a stage cannot be made; videos that lack nothing else are skipped."""
        jobs = [replace(job, stages=tuple(name for name in job.stages if name != stage)) for job in self.jobs]
        reason = f"already indexed, except {ENTRY_OF_STAGE[stage].label}"
        skipped = [(str(file.path), reason) for job in jobs if not job.stages for file in job.files]
        return replace(self, jobs=tuple(job for job in jobs if job.stages), skipped=(*self.skipped, *skipped))


@dataclass
class _Draft:
    jobs: list[Job] = field(default_factory=list[Job])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    moved: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unreadable: list[UnreadableFile] = field(default_factory=list[UnreadableFile])
    unreachable: list[UnreadableFile] = field(default_factory=list[UnreadableFile])
    rewritten: list[Video] = field(default_factory=list[Video])
    replaced: list[Video] = field(default_factory=list[Video])
    missing: list[Video] = field(default_factory=list[Video])


def make_plan(
    found: Sequence[Found],
    videos: Iterable[Video],
    *,
    roots: Sequence[Path],
    pending: Callable[[Video], tuple[tuple[StageName, ...], str]],
) -> Plan:
    """Compares the disk with the library.

    Args:
        found: the result of the scan.
        videos: what the library holds.
        roots: the absolute paths that were scanned: only below them can a video be missing.
        pending: video -> stages to make, and the reason why none where there is none.
    """
    draft = _Draft()
    known = {video.video_id: video for video in videos}
    by_id, fresh, unread = _identify([item for item in found if isinstance(item, FoundFile)], known)
    _sort_unreadable([*(item for item in found if isinstance(item, UnreadableFile)), *unread], known.values(), draft)
    draft.jobs += [Job((file,), "", None, (FIRST_STAGE,)) for file in fresh]
    for video_id, files in by_id.items():
        if video_id in known:
            _plan_known(known[video_id], files, draft, roots, pending)
        else:
            draft.jobs.append(Job(tuple(files), video_id, None, (FIRST_STAGE,)))
    present = {*by_id, *(id_of_unreadable(item.path) for item in draft.unreadable)}
    scanned = {str(file.path) for file in (*fresh, *(file for files in by_id.values() for file in files))}
    _plan_gone([video for video in known.values() if video.video_id not in present], scanned, draft, roots)
    draft.jobs = [_inherit_tags(job, draft.replaced) for job in draft.jobs]
    draft.jobs.sort(key=lambda job: job.files[0].path)
    return Plan(*(tuple(getattr(draft, name)) for name in Plan.__dataclass_fields__))


def _identify(
    files: Sequence[FoundFile], known: dict[str, Video]
) -> tuple[dict[str, list[FoundFile]], list[FoundFile], list[UnreadableFile]]:
    """Files grouped by video id, files whose content is certainly new and not hashed yet, and files that cannot be."""
    at_path = {
        path: (video, modified)
        for video in known.values()
        for path, modified in zip(video.paths, video.modified_ns, strict=True)
    }
    sizes = Counter(file.size_bytes for file in files) + Counter(video.size_bytes for video in known.values())
    by_id: dict[str, list[FoundFile]] = defaultdict(list)
    fresh: list[FoundFile] = []
    unread: list[UnreadableFile] = []
    for file in files:
        video, modified = at_path.get(str(file.path), (None, 0))
        if video is not None and (video.size_bytes, modified) == (file.size_bytes, file.modified_ns):
            by_id[video.video_id].append(file)
        elif sizes[file.size_bytes] == 1:
            fresh.append(file)
        else:
            try:
                by_id[content_id(file.path)].append(file)
            except VanishedVideoError as error:
                unread.append(UnreadableFile(file.path, str(error)))
    return by_id, fresh, unread


def _sort_unreadable(items: Sequence[UnreadableFile], videos: Iterable[Video], draft: _Draft) -> None:
    held = {path for video in videos if video.stages for path in video.paths}
    for item in items:
        is_known = item.is_folder or str(item.path) in held
        (draft.unreachable if is_known else draft.unreadable).append(item)


def _plan_known(
    video: Video,
    files: Sequence[FoundFile],
    draft: _Draft,
    roots: Sequence[Path],
    pending: Callable[[Video], tuple[tuple[StageName, ...], str]],
) -> None:
    closed = [item.path for item in draft.unreachable]
    times = {str(file.path): file.modified_ns for file in files}
    for path, modified in zip(video.paths, video.modified_ns, strict=True):
        is_looked_for = _is_under(path, roots) and not _is_under(path, closed)
        if path not in times and not is_looked_for and not is_lost(Path(path)):
            times[path] = modified
    paths = tuple(sorted(times))
    current = replace(video, paths=paths, modified_ns=tuple(times[path] for path in paths))
    if current != video:
        draft.rewritten.append(current)
        gone = sorted(set(video.paths) - set(paths))
        draft.moved += [(new, old) for new, old in zip(sorted(set(paths) - set(video.paths)), gone, strict=False)]
    stages, reason = pending(current)
    if stages:
        draft.jobs.append(Job(tuple(sorted(files)), video.video_id, current, stages))
    else:
        draft.skipped += [(str(file.path), reason) for file in files]


def _plan_gone(absent: Iterable[Video], scanned: Collection[str], draft: _Draft, roots: Sequence[Path]) -> None:
    """Sorts out the videos whose content was not found: those with other bytes at their paths, and those without any.

    Args:
        scanned: the paths of all files whose content was found.
    """
    for video in absent:
        if not all(path in scanned or _is_under(path, roots) for path in video.paths):
            continue
        left = [path for path in video.paths if path not in scanned]
        if any(not is_lost(Path(path)) for path in left):
            continue  # uploads lie inside the library, which no scan enters; folders may be closed for now
        (draft.missing if left else draft.replaced).append(video)


def _inherit_tags(job: Job, replaced: Sequence[Video]) -> Job:
    if job.known is not None:
        return job
    paths = {str(file.path) for file in job.files}
    tags = [tag for old in replaced if paths & {*old.paths} for tag in old.tags]
    return replace(job, tags=edit_tags((), add=tags[:MAX_TAGS]))


def _is_under(path: str, roots: Sequence[Path]) -> bool:
    return any(Path(path).is_relative_to(root) for root in roots)
