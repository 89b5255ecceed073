"""`reelseek status`: an overview of the library."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import library_place

if TYPE_CHECKING:
    from api.cli.library_overview import Overview


@click.command()
@with_settings()
def status(*, settings: Settings, as_json: bool) -> ExitCode:
    """Show what is in the library, what is missing, and what failed.

    Shows models, numbers of videos and rows, total length, what is ready, size on disk, what decoders are denied on
    this system, and failures with their reasons. For each signal that is not available, it says what is missing and how
    to add it.

    \b
    Examples:
      reelseek status
      reelseek status --library /data/films
      reelseek status --json | jq .failures
      reelseek status --json | jq '.signals[] | select(.state != "ready")'
    """
    from api.cli.library_overview import library_overview
    from indexer.store.library import Library

    place = library_place(settings.library)
    with Library.open(place) as library:
        overview = library_overview(library, settings)
    if as_json:
        click.echo(json.dumps(overview.to_json()))
    else:
        _print(overview)
    return ExitCode.OK


def _print(overview: "Overview") -> None:
    from rich.table import Table

    from api.cli.output.index_summary import print_failures
    from api.cli.terminal import console, label
    from api.formatting import count_text, duration_text, size_text
    from indexer.pipeline.events import StageFailed, VideoFailed

    screen = console()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    made = overview.models
    table.add_row("Library", label(f"{overview.library}, {size_text(overview.size_bytes)}"))
    table.add_row("Models", label(f"profile {made.get('profile') or '(none)'}"))
    for kind in ("picture", "text"):
        name, dim = made.get(f"{kind}_model"), made.get(f"{kind}_dim")
        table.add_row("", label(f"{kind}: {name} ({dim} dimensions)" if name else f"{kind}: none"))
    table.add_row("Sampling", label(str(made.get("sampling", ""))))
    table.add_row("Videos", label(f"{overview.videos:,}, {duration_text(overview.duration_seconds)}"))
    # The stage of pictures cuts segments; without a model it does nothing else.
    names = {} if made.get("picture_model") else {"picture": "segments"}
    ready = [f"{names.get(name, name).replace('_', ' ')} {number:,}" for name, number in overview.stages.items()]
    table.add_row("Ready", label(", ".join(ready) or "nothing yet"))
    table.add_row("Rows", label(", ".join(f"{name} {number:,}" for name, number in overview.counts.items())))
    for number, one in enumerate(unavailable := [one for one in overview.signals if one.state != "ready"]):
        colour = "yellow" if one.state == "missing" else ""
        name = f"{one.stage.replace('_', ' ')}, {one.state}: "
        table.add_row("" if number else "Not available", label(f"{name}{one.why}; {one.how}", colour))
    if not unavailable and overview.videos:
        table.add_row("Signals", label("all available, in every video"))
    reranker = overview.reranker
    text = (
        Path(reranker.model).name if reranker.state == "ready" else f"{reranker.state}: {reranker.why}; {reranker.how}"
    )
    table.add_row("Reranker", label(text, "yellow" if reranker.state == "missing" else ""))
    if sends := overview.sends:
        text = f"to {sends.host} (model {sends.model}): {sends.what}"
        if not sends.has_consent:
            text = f"nothing; with --send-frames-to {sends.host} {text}"
        table.add_row("Sent", label(text, "yellow"))
    if later := overview.awaited:
        lack = f"{count_text(overview.videos, 'video')} without {' and '.join(later.adds)}"
        how = f"`{later.how}` ({size_text(later.size_mb * 1e6)}), then `reelseek index` again"
        table.add_row("Later", label(f"{lack}, which the profile {later.profile} adds: {how}"))
    if overview.warnings:
        table.add_row("Warnings", label(f"in {count_text(overview.warnings, 'video')}; see `reelseek videos --json`"))
    safe = overview.protection.is_complete
    table.add_row("Protection", label(str(overview.protection), "" if safe else "yellow"))
    failures: list[VideoFailed | StageFailed] = [
        VideoFailed(video.path, video.failure_kind, video.failure_reason) for video in overview.failed
    ]
    number = f"{len(failures):,}"
    for video in overview.incomplete:
        for stage, failure in video.stage_failures.items():
            failures.append(StageFailed(video.path, video.video_id, stage, failure.kind, failure.reason))
    if overview.incomplete:
        number += f", and a stage of {len(overview.incomplete):,} more"
    table.add_row("Failed", label(number, "bold red" if failures else ""))
    screen.print(table)
    print_failures(screen, failures, log=overview.failure_log, shown=len(failures))
