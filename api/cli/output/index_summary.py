"""The summary of `reelseek index`: counts, failures with reasons, the library, and what to do next."""

import shlex
from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from api.cli.output.index_views import reason_of
from api.cli.terminal import console, label
from api.formatting import count_text, duration_text
from api.index_progress import IndexProgress
from api.safe_text import safe_text
from indexer.catalog import ENTRY_OF_STAGE
from indexer.config import Settings
from indexer.errors import UnexpectedVideoError
from indexer.library_place import library_place
from indexer.pipeline.events import IndexFinished, StageFailed, VideoFailed
from indexer.pipeline.failure_log import existing_failure_log

SHOWN_OF_A_KIND = 5
"""Failures of one kind that are listed; the library holds all of them."""


def print_summary(finished: IndexFinished, tally: IndexProgress, settings: Settings) -> None:
    screen = console()
    if not finished.videos:
        screen.print(label("No videos found.", "yellow"))
        return
    screen.print(label(_counts(finished, tally), "bold"), soft_wrap=True)
    failed_before = sum(event.reason.startswith("failed before") for event in tally.skipped)
    if failed_before:
        screen.print(
            label(
                f"{failed_before:,} of the skipped videos failed before: see `reelseek status`, or use --retry-failed"
            )
        )
    if tally.moved:
        screen.print(label(f"{count_text(len(tally.moved), 'moved file')} recognized"))
    _print_missing(screen, tally)
    print_failures(
        screen, [*tally.failures, *tally.stage_failures], log=existing_failure_log(library_place(settings.library))
    )
    for stage, number in finished.failing_stages.items():
        what = f"{ENTRY_OF_STAGE[stage].label}: {number:,} videos in a row failed unexpectedly"
        screen.print(
            label(f"{what}; the videos are probably not the cause; see the log", "bold yellow"), soft_wrap=True
        )
    _print_next(screen, finished, settings)


def _counts(finished: IndexFinished, tally: IndexProgress) -> str:
    parts = [f"{finished.indexed:,} indexed"]
    if finished.skipped:
        parts.append(f"{finished.skipped:,} skipped")
    if finished.failed:
        parts.append(f"{finished.failed:,} failed")
    if finished.failed_stages:
        parts.append(f"{count_text(finished.failed_stages, 'stage')} failed")
    verb = "Stopped" if finished.interrupted else "Done"
    pace = f", {tally.video_seconds / finished.seconds:.1f}x real time" if tally.video_seconds else ""
    of = count_text(finished.videos, "video")
    return f"{verb} in {duration_text(finished.seconds)}: {', '.join(parts)} of {of}{pace}"


def _print_missing(screen: Console, tally: IndexProgress) -> None:
    kept = sum(not event.dropped for event in tally.missing)
    dropped = len(tally.missing) - kept
    if kept:
        screen.print(
            label(f"{count_text(kept, 'video')} no longer on disk, still in the library; --prune removes them")
        )
    if dropped:
        screen.print(label(f"{count_text(dropped, 'video')} no longer on disk, removed"))


def print_failures(
    screen: Console, failures: Sequence[VideoFailed | StageFailed], *, log: str | None, shown: int = SHOWN_OF_A_KIND
) -> None:
    """Lists failures by stage and kind, a few of each, and names the log of unexpected ones, where there is one."""
    by_kind: dict[str, list[VideoFailed | StageFailed]] = defaultdict(list)
    for failure in failures:
        stage = f"{ENTRY_OF_STAGE[failure.stage].label}, " if isinstance(failure, StageFailed) else ""
        by_kind[stage + failure.kind].append(failure)
    for kind, group in sorted(by_kind.items()):
        screen.print(label(f"Failed, {kind} ({len(group):,}):", "bold red"))
        for failure in group[:shown]:
            line = Text.assemble((safe_text(failure.path), "bold"), ": ", safe_text(reason_of(failure)))
            if screen.is_terminal:
                screen.print(Padding(line, (0, 0, 0, 2)))
            else:
                screen.print(Text.assemble("  ", line), soft_wrap=True)
        if len(group) > shown:
            screen.print(label(f"and {len(group) - shown:,} more; `reelseek status` lists them all", "dim"))
    if any(failure.kind == UnexpectedVideoError.kind for failure in failures) and log:
        screen.print(label(f"Tracebacks of unexpected failures: {log}"), soft_wrap=True)
        screen.print(
            label("They are tried again when Reelseek or a library that it uses changes, or with --retry-failed.")
        )


def _print_next(screen: Console, finished: IndexFinished, settings: Settings) -> None:
    where = "" if settings.library == Settings().library else f" --library {shlex.quote(settings.library)}"
    screen.print(label(f"Library: {settings.library}"), soft_wrap=True)
    if finished.interrupted:
        screen.print(label("Run the same command again to continue; what is finished can already be searched."))
    else:
        screen.print(label(f'Next: reelseek search "what you are looking for"{where}'), soft_wrap=True)
