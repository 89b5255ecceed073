"""Writing of a world to a folder: H.264 videos with their subtitles, truth.jsonl and questions.jsonl.

Frames go to the encoder one by one, so memory does not grow with the length. Run as `python -m demo.world.make --help`.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.error import FFmpegError
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import SubtitleSet

from demo.world.drawing import Picture, ScenePainter, fade_pictures
from demo.world.errors import DemoError, WorldWriteError
from demo.world.ground_truth import TruthLine, WorldIndex, line_window, world_truth
from demo.world.questions import Question, world_questions
from demo.world.scenes import FADE_FRAMES, FRAMES_PER_SECOND, HEIGHT, WIDTH, Scene, plan_world, scene_seconds

ENCODER_OPTIONS = {"preset": "veryfast", "crf": "20", "g": str(2 * FRAMES_PER_SECOND), "threads": "1"}
"""One encoder thread: the same bytes on every machine with the same x264."""

ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""Header that FFmpeg's text encoders need before the first line."""

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What `make_world` wrote, in numbers."""

    folder: Path
    videos: tuple[str, ...]
    """File names, in order."""
    seconds: float
    """Playing time of all videos together."""
    scenes: int
    queries: dict[str, int]
    """Lines of truth.jsonl by kind."""
    questions: int


def make_world(
    out: Path,
    *,
    minutes: float,
    seed: int,
    video_minutes: float = 5.0,
    progress: Callable[[float], None] | None = None,
) -> WorldSummary:
    """Draws a world of `minutes` into the folder `out`, split into videos of about `video_minutes`.

    The same arguments give the same truth to the byte and the same pictures to the pixel. Every second video carries
    its lines as an embedded text track, the others in an SRT file beside them. `progress` is called with 0 to 1.

    Raises:
        WorldSettingsError: a length is not a positive number or too long.
        WorldWriteError: the folder cannot be made or written.
    """
    videos = plan_world(minutes=minutes, seed=seed, video_minutes=video_minutes)
    index = WorldIndex(scene for scenes in videos for scene in scenes)
    truth, questions = world_truth(index, seed=seed), world_questions(index, seed=seed)
    names = [f"world-{seed}-{number:03d}.mp4" for number in range(len(videos))]
    total = sum(scene.length for scene in index.scenes)
    done = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number, (name, scenes) in enumerate(zip(names, videos, strict=True)):
            for written in _write_video(out / name, scenes, embedded=number % 2 == 0):
                if progress is not None:
                    progress((done + written) / total)
            done += sum(scene.length for scene in scenes)
            if number % 2 == 1 and srt_text(scenes):
                (out / name).with_suffix(".srt").write_text(srt_text(scenes), encoding="utf-8", newline="\n")
        _write_lines(out / "truth.jsonl", [_truth_row(line, names) for line in truth])
        _write_lines(out / "questions.jsonl", [_question_row(question, names) for question in questions])
    except (OSError, FFmpegError) as error:
        raise WorldWriteError(f"cannot write the demo world to {out}: {error}") from error
    return WorldSummary(
        out,
        tuple(names),
        scene_seconds(total),
        len(index.scenes),
        dict(Counter(line.kind for line in truth)),
        len(questions),
    )


def video_pictures(scenes: list[Scene]) -> Iterator[Picture]:
    """Draws the frames of one video in order, each (240, 320, 3) uint8, with the fades between scenes."""
    half = FADE_FRAMES // 2
    head: list[Picture] = []
    for scene, after in [*pairwise(scenes), (scenes[-1], None)]:
        painter = ScenePainter(scene)
        fade = fade_pictures(scene, after) if after is not None and after.entry != "cut" else []
        tail = fade[:half]
        yield from head
        for index in range(len(head), scene.length - len(tail)):
            yield painter.frame(index)
        yield from tail
        head = fade[half:]


def _write_video(path: Path, scenes: list[Scene], *, embedded: bool) -> Iterator[int]:
    """Encodes one video; yields the number of frames written so far, about once in a second of video."""
    lines = [scene for scene in scenes if scene.line is not None] if embedded else []
    with av.open(path, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=dict(ENCODER_OPTIONS))
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, FRAMES_PER_SECOND)
        text = None
        if lines:
            text = container.add_stream("mov_text")
            text.codec_context.subtitle_header = ASS_HEADER
            text.time_base = Fraction(1, MICROSECONDS)
        number = 0
        for number, picture in enumerate(video_pictures(scenes)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            container.mux(video.encode(frame))
            while text is not None and lines and line_window(lines[0])[0] <= scene_seconds(number):
                container.mux(_subtitle_packet(text, lines.pop(0)))
            if number % FRAMES_PER_SECOND == 0:
                yield number
        container.mux(video.encode(None))
        yield number + 1


def _subtitle_packet(stream: SubtitleStream, scene: Scene) -> "av.Packet[SubtitleStream]":
    assert scene.line is not None
    start, stop = (round(moment * MICROSECONDS) for moment in line_window(scene))
    event = f"0,0,Default,,0,0,0,,{scene.line.text}".encode()
    packet = stream.codec_context.encode_subtitle(SubtitleSet.create(event, 0, (stop - start) // 1000, start))
    packet.stream, packet.time_base = stream, Fraction(1, MICROSECONDS)
    packet.pts = packet.dts = start
    packet.duration = stop - start
    return packet


def srt_text(scenes: list[Scene]) -> str:
    """Returns the lines of one video as an SRT file."""
    blocks: list[str] = []
    for scene in scenes:
        if scene.line is not None:
            start, stop = (_srt_time(moment) for moment in line_window(scene))
            blocks.append(f"{len(blocks) + 1}\n{start} --> {stop}\n{scene.line.text}\n")
    return "\n".join(blocks)


def _srt_time(moment: float) -> str:
    milliseconds = round(moment * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d},{rest % 1000:03d}"


def _truth_row(line: TruthLine, names: list[str]) -> dict[str, object]:
    return {"video": names[line.video], "query": line.query, "windows": line.windows, "kind": line.kind}


def _question_row(question: Question, names: list[str]) -> dict[str, object]:
    video = names[question.video] if question.video is not None else None
    return {
        "question": question.question,
        "kind": question.kind,
        "answer": question.answer,
        "video": video,
        "windows": question.windows,
    }


def _write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8", newline="\n")


def main() -> None:
    """Parses the options and makes a world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the videos and their truth")
    parser.add_argument("--minutes", type=float, required=True, help="playing time of all videos together")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws another world (default 0)")
    parser.add_argument("--video-minutes", type=float, default=5.0, help="playing time of one video (default 5)")
    options = parser.parse_args()
    try:
        made = make_world(options.out, minutes=options.minutes, seed=options.seed, video_minutes=options.video_minutes)
    except DemoError as error:
        parser.exit(2, f"{error}\n")
    size = f"{len(made.videos)} videos, {made.seconds:g} s, {made.scenes} scenes"
    print(f"{size}, queries {made.queries}, {made.questions} questions")


if __name__ == "__main__":
    main()
