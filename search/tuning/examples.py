"""TuningExample: one message and the reply that is right, as a line of ms-swift's JSONL.

ms-swift reads `{"messages": [{"role": "user", "content": "<video>..."}, {"role": "assistant", ...}], "videos": [...]}`,
with a path for each `<video>`. `images` and `objects` (boxes) are left out: nobody marks stills or boxes as right.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

from indexer.errors import ExportError
from indexer.pipeline.stages.caption_prompt import CAPTION_INSTRUCTION
from indexer.records import TimeSpan
from search.answering.prompts import ASK_INSTRUCTION
from search.text.quoting import quote_for_prompt

VIDEO_MARK = "<video>"
DATA_FILE = "train.jsonl"
CLIP_FOLDER = "clips"


@dataclass(frozen=True, slots=True)
class TuningExample:
    """A message with clips, and the reply to it."""

    message: str
    """Holds `VIDEO_MARK` once for each clip."""
    reply: str
    videos: tuple[str, ...]
    """Paths of the clips, relative to the folder of the JSONL."""

    def to_line(self) -> str:
        """One line of JSON, without a line break; half of a surrogate pair, which UTF-8 lacks, is a `?`."""
        messages = [{"role": "user", "content": self.message}, {"role": "assistant", "content": self.reply}]
        line = json.dumps({"messages": messages, "videos": list(self.videos)}, ensure_ascii=False)
        return line.encode("utf-8", "replace").decode()

    @classmethod
    def from_line(cls, line: str, *, where: str) -> Self:
        """The example of a line.

        Args:
            where: of the line, for error messages.

        Raises:
            ExportError: it is not a line of one message and one reply with a clip for each mark.
        """
        try:
            fields = cast(dict[str, Any], json.loads(line))
            user, assistant = fields["messages"]
            message, reply, videos = str(user["content"]), str(assistant["content"]), fields.get("videos", [])
            is_right = (user["role"], assistant["role"]) == ("user", "assistant") and isinstance(videos, list)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ExportError(f"{where} is no line of ms-swift's: {error}; give the file of an export") from error
        names = tuple(str(one) for one in cast(list[Any], videos))
        if not is_right or message.count(VIDEO_MARK) != len(names):
            raise ExportError(f"{where}: one message with a video for each {VIDEO_MARK} and one reply are expected")
        return cls(message, reply, names)


@dataclass(frozen=True, slots=True)
class CutClip:
    """A clip of an example: where it lies in its video, and the moment in it that is cited."""

    path: str
    span: TimeSpan
    """Of the file, in seconds of the video."""
    moment: TimeSpan
    why: str

    @property
    def seconds(self) -> float:
        return self.span.duration_seconds


def answer_example(question: str, answer: str, clips: Sequence[CutClip], *, found: bool) -> TuningExample:
    """A question about clips with the reply that `ask` wants, as `search.answering.prompts.ask_prompt` puts it.

    Times count from the beginning of each clip.
    """
    shown = "".join(
        f"Clip {number}, 0.0s to {clip.seconds:.1f}s:\n{VIDEO_MARK}\n" for number, clip in enumerate(clips, 1)
    )
    moments = [
        {
            "clip": number,
            "start": round(max(0.0, clip.moment.start_seconds - clip.span.start_seconds), 1),
            "stop": round(min(clip.seconds, clip.moment.stop_seconds - clip.span.start_seconds), 1),
            "why": clip.why,
        }
        for number, clip in enumerate(clips, 1)
    ]
    reply = {"answer": answer, "found": found, "moments": moments if found else []}
    message = f"{shown}Question: {_unmarked(question)}\n{ASK_INSTRUCTION}"
    return TuningExample(message, json.dumps(reply, ensure_ascii=False), tuple(clip.path for clip in clips))


def caption_example(caption: str, clip: CutClip) -> TuningExample:
    """A clip with the caption that is right, as captions are asked for."""
    return TuningExample(f"{VIDEO_MARK}\n{CAPTION_INSTRUCTION}", caption, (clip.path,))


def read_tuning(folder: Path) -> list[TuningExample]:
    """The examples of a folder, as they were written.

    Raises:
        ExportError: it has no JSONL, or a line is none of ms-swift's.
    """
    path = folder / DATA_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    lines = text.removesuffix("\n").split("\n")  # not `splitlines`: a string of JSON may hold U+2028
    return [TuningExample.from_line(line, where=f"{path}, line {number}") for number, line in enumerate(lines, 1)]


def _unmarked(words: str) -> str:
    return quote_for_prompt(words).replace(VIDEO_MARK, "video")
