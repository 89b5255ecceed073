"""`reelseek export --format ms-swift`: answers and captions that are right, as fine-tuning data."""

import json
import threading
from pathlib import Path
from typing import Any

import click

from api.cli.exit_codes import ExitCode
from indexer.config import Settings
from indexer.errors import ExportError
from indexer.library_place import library_place

WITHOUT = ("collection", "video", "start", "stop", "signals", "weak", "rate", "drops", "title")
"""Options of an export that this one has no use for."""


def export_tuning(query: str | None, *, settings: Settings, as_json: bool, given: dict[str, Any]) -> ExitCode:
    """Writes the folder.

    Raises:
        click.UsageError: there is no file of lines, or an option makes no sense here.
        ExportError, NotInLibraryError, VideoError: see `read_judged` and `write_tuning`.
    """
    from api.cli.interrupt import stop_on_signal
    from api.cli.terminal import percent_bar
    from api.export.run_export import read_handles
    from api.export.source_probe import MediaWorker
    from api.export.tuning.judged import read_judged
    from api.export.tuning.write import write_tuning
    from api.formatting import count_text
    from api.safe_text import safe_text
    from api.text_input import read_text
    from indexer.store.library import Library

    source, out = given["source"], given["out"]
    if source is None or query is not None or any(given[name] for name in WITHOUT):
        raise click.UsageError(
            "fine-tuning data is made from checked answers; give --from FILE --out FOLDER [--handles N]"
        )
    if out is None:
        raise ExportError("no output folder; give one with --out FOLDER")
    handles = read_handles(given["handles"])
    cancel = threading.Event()
    with Library.open(library_place(settings.library)) as library:
        judged, lost = read_judged(library, read_text(source), name=source)
    with stop_on_signal(cancel, lambda: None), percent_bar("exporting", quiet=as_json) as progress:
        worker = MediaWorker(settings, cancel.is_set)
        written = write_tuning(
            worker, judged, Path(out), handle_seconds=handles, force=given["force"], on_progress=progress
        )
    failed = [*lost, *written.failed]
    for warning in written.warnings:
        click.echo(f"warning: {warning}", err=True)
    for failure in failed:
        click.echo(f"not exported: {safe_text(str(failure))}", err=True)
    if as_json:
        value = {"format": "ms-swift", "files": [str(file) for file in written.files], "examples": written.examples}
        click.echo(json.dumps(value | {"kept": written.existing, "failed": [one.to_json() for one in failed]}))
    else:
        click.echo(f"{count_text(written.examples, 'example')} -> {safe_text(str(written.files[0]))}")
    return ExitCode.PARTLY_FAILED if failed else ExitCode.OK
