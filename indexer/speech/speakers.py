"""Speakers: the same voice across videos, and what they are called. Pure.

A voice belongs to one video; its speaker is a name, which every video of the person shares. Voices of one video are
never the same speaker by themselves, for diarization has told them apart.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from indexer.errors import NotInLibraryError, UsageError
from indexer.records import Video, Voice
from indexer.speech.diarization import Voices

SAME_SPEAKER_COSINE = 0.87
"""Least cosine of a voice and the mean of a speaker. The same people in two recordings of one meeting (shared/speech)
have 0.93 and 0.94; different people in one meeting 0.76 to 0.80, and in different recordings at most 0.62."""
MOST_NAME_CHARACTERS = 100
UNNAMED = "Speaker"


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person who speaks in a library."""

    name: str
    seconds: float
    videos: int


def voice_of(vector: "np.ndarray", seconds: float, speaker: str = "") -> Voice:
    """A voice as it is stored; `vector` (dim,)."""
    return Voice(speaker, round(seconds, 1), vector.astype("<f2").tobytes())


def speakers_of(videos: Iterable[Video]) -> list[Speaker]:
    """All speakers, those who speak longest first."""
    seconds: dict[str, float] = {}
    count: dict[str, int] = {}
    for video in videos:
        for name in dict.fromkeys(voice.speaker for voice in video.voices):
            count[name] = count.get(name, 0) + 1
        for voice in video.voices:
            seconds[voice.speaker] = seconds.get(voice.speaker, 0.0) + voice.seconds
    return sorted(
        (Speaker(name, seconds[name], count[name]) for name in seconds), key=lambda one: (-one.seconds, one.name)
    )


class SpeakerBook:
    """The speakers of a library while it is indexed: names the voices of one video after the other."""

    def __init__(self, videos: Iterable[Video]) -> None:
        self._voices: dict[str, tuple[Voice, ...]] = {video.video_id: video.voices for video in videos}

    def name_voices(self, video_id: str, voices: Voices | None) -> tuple[Voice, ...]:
        """The voices of a video with the names of the nearest speakers, or new ones; remembers them.

        The speakers of the same video come first, so that names survive when it is indexed again.
        """
        earlier = self._voices.pop(video_id, ())
        if voices is None:
            return ()
        own = self._means(earlier)
        known = self._means(voice for others in self._voices.values() for voice in others) | own
        names = _matched(np.asarray(voices.vectors, np.float32), known, first=list(own))
        taken = set(known) | {name for name in names if name}
        for place, name in enumerate(names):
            if not name:
                names[place] = _new_name(taken)
                taken.add(names[place])
        made = tuple(
            voice_of(vector, seconds, name)
            for vector, seconds, name in zip(voices.vectors, voices.seconds, names, strict=True)
        )
        self._voices[video_id] = made
        return made

    @staticmethod
    def _means(voices: Iterable[Voice]) -> dict[str, "np.ndarray"]:
        sums: dict[str, np.ndarray] = {}
        for voice in voices:
            weighted = np.frombuffer(voice.vector, "<f2").astype(np.float32) * max(voice.seconds, 0.1)
            sums[voice.speaker] = sums.get(voice.speaker, np.zeros_like(weighted)) + weighted
        return {name: total / max(1e-6, float(np.linalg.norm(total))) for name, total in sums.items()}


def _matched(vectors: "np.ndarray", known: dict[str, "np.ndarray"], *, first: Sequence[str]) -> list[str]:
    """For each vector the name of the known speaker that is nearest and near enough, each used once; else empty."""
    names = [""] * len(vectors)
    for group in (list(first), [name for name in known if name not in first]):
        pairs = sorted(
            ((float(vectors[place] @ known[name]), place, name) for name in group for place in range(len(vectors))),
            reverse=True,
        )
        for cosine, place, name in pairs:
            if cosine >= SAME_SPEAKER_COSINE and not names[place] and name not in names:
                names[place] = name
    return names


def _new_name(taken: Iterable[str]) -> str:
    used = set(taken)
    number = next(n for n in range(1, len(used) + 2) if f"{UNNAMED} {n}" not in used)
    return f"{UNNAMED} {number}"


def renamed(videos: Sequence[Video], name: str, new_name: str) -> list[Video]:
    """The videos whose voices of one speaker get another name; that of an existing speaker merges the two.

    Raises:
        NotInLibraryError: nobody has the name.
        UsageError: the new name is empty or too long.
    """
    tidy = " ".join(new_name.split())
    if not tidy or len(tidy) > MOST_NAME_CHARACTERS:
        raise UsageError(f"a speaker's name must have 1 to {MOST_NAME_CHARACTERS} characters, not {len(tidy)}")
    found = _spelled(videos, name)
    existing = {one.name.casefold(): one.name for one in speakers_of(videos)}
    wanted = tidy if found.casefold() == tidy.casefold() else existing.get(tidy.casefold(), tidy)
    return _with_speaker(videos, found, wanted)


def split_off(videos: Sequence[Video], name: str, video_id: str) -> tuple[list[Video], str]:
    """The video with a new speaker in place of one that was mistaken there, and that speaker's name.

    Raises:
        NotInLibraryError: nobody has the name, or not in this video.
    """
    found = _spelled(videos, name)
    new_name = _new_name([one.name for one in speakers_of(videos)])
    changed = _with_speaker([video for video in videos if video.video_id == video_id], found, new_name)
    if not changed:
        raise NotInLibraryError(f"{found} does not speak in that video; see `reelseek speakers list`")
    return changed, new_name


def _spelled(videos: Iterable[Video], name: str) -> str:
    """The speaker's name as it is written."""
    for one in speakers_of(videos):
        if one.name.casefold() == " ".join(name.split()).casefold():
            return one.name
    raise NotInLibraryError(f"no speaker is called {name!r}; see `reelseek speakers list`")


def _with_speaker(videos: Iterable[Video], name: str, new_name: str) -> list[Video]:
    return [
        replace(
            video,
            voices=tuple(
                replace(voice, speaker=new_name) if voice.speaker == name else voice for voice in video.voices
            ),
        )
        for video in videos
        if any(voice.speaker == name for voice in video.voices)
    ]
