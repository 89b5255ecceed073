"""`reelseek demo`: generated videos with known ground truth, to try and to measure Reelseek."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from api.cli.demo.run_command import run
from api.cli.exit_codes import ExitCode
from api.cli.flags import flag
from api.cli.options import JSON, MAKE_MINUTES, MAKE_OUT, MAKE_SEED, VIDEO_MINUTES


@click.group()
def demo() -> None:
    """Try Reelseek on generated videos.

    \b
    Examples:
      reelseek demo run
      reelseek demo make --out world --minutes 20 --seed 7
    """


@demo.command()
@flag(MAKE_OUT)
@flag(MAKE_MINUTES)
@flag(MAKE_SEED)
@flag(VIDEO_MINUTES)
@flag(JSON)
def make(*, out: Path, minutes: float, seed: int, video_minutes: float, as_json: bool) -> ExitCode:
    """Generate videos with ground truth.

    Writes H.264 files, truth.jsonl for `reelseek eval`, and questions.jsonl.

    \b
    Examples:
      reelseek demo make --out world --minutes 20 --seed 7
      reelseek index world --library lib --models demo
      reelseek eval --library lib --truth world/truth.jsonl
    """
    from api.cli.terminal import percent_bar
    from demo.world.make import make_world

    with percent_bar("generating", quiet=as_json) as show:
        summary = make_world(out, minutes=minutes, seed=seed, video_minutes=video_minutes, progress=show)
    if as_json:
        click.echo(json.dumps({**asdict(summary), "folder": str(summary.folder)}))
        return ExitCode.OK
    from api.formatting import count_text, duration_text
    from api.safe_text import safe_text

    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(summary.queries.items()))
    videos = count_text(len(summary.videos), "video")
    click.echo(
        f"{safe_text(str(summary.folder))}: {videos}, {duration_text(summary.seconds)}, {summary.scenes:,} scenes"
    )
    click.echo(f"truth.jsonl: {kinds}; questions.jsonl: {summary.questions:,}")
    return ExitCode.OK


demo.add_command(run)
