"""`reelseek mcp`: the library as tools for language models, on standard input and output."""

from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, VISION_LANGUAGE_SETTINGS, flag, with_settings
from api.cli.options import CLIP_FOLDER
from indexer.config import Settings


@click.command()
@flag(CLIP_FOLDER)
@with_settings(*SEARCH_MODEL_SETTINGS, *VISION_LANGUAGE_SETTINGS)
def mcp(clips: str | None, *, settings: Settings, as_json: bool) -> ExitCode:
    """Let a language model search your videos (Model Context Protocol).

    A program with a language model starts this command and calls its tools: search_moments, look, ask, compare,
    describe_video, list_videos and export_clip. They read only; export_clip writes a new file. A service has the same
    tools at /mcp.

    \b
    Examples:
      reelseek mcp --library ~/films
      claude mcp add reelseek -- reelseek mcp --library ~/films
      reelseek mcp --clips ~/Desktop             where exported clips go
    """
    import anyio
    from platformdirs import user_videos_path

    from api.mcp.backend import LocalBackend
    from api.mcp.server import make_server

    folder = Path(clips).expanduser() if clips else user_videos_path() / "Reelseek"
    backend = LocalBackend(settings, folder)
    try:
        anyio.run(make_server(backend).run_stdio_async)
    finally:
        backend.close()
    return ExitCode.OK
