"""`reelseek serve`: the HTTP service and the web page."""

import sys
from pathlib import Path

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import INDEX_SETTINGS, RERANK_SETTINGS, flag, with_settings
from api.options import ALLOWED_HOSTS, CORS_ORIGINS, HOST, LOG_LEVEL, MAX_UPLOAD, PORT, REQUIRE_KEY, ROOTS
from api.service.settings import ServiceSettings
from indexer.config import Settings
from indexer.errors import UsageError

_MEBI = 1 << 20


@click.command()
@flag(HOST)
@flag(PORT)
@flag(ROOTS, kind=click.Path(exists=True, file_okay=False, path_type=Path))
@flag(CORS_ORIGINS)
@flag(ALLOWED_HOSTS)
@flag(REQUIRE_KEY)
@flag(MAX_UPLOAD)
@flag(LOG_LEVEL)
@with_settings(*INDEX_SETTINGS, *RERANK_SETTINGS)
def serve(
    *,
    host: str,
    port: int,
    roots: tuple[Path, ...],
    cors_origins: tuple[str, ...],
    allowed_hosts: tuple[str, ...],
    require_key: bool,
    max_upload_mib: int,
    log_level: str,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Serve search, questions and videos over HTTP, with a web page.

    By default only this machine can connect. With --host, others can too, and every request then needs an API key;
    see `reelseek keys`. If there is no library yet, the first upload creates it. Ctrl-C stops cleanly; a running
    job continues at the next start.

    \b
    Examples:
      reelseek serve                                  then open http://127.0.0.1:8765/
      reelseek serve --library /data/films --root /data/videos
      reelseek serve --library new-library --models text
      reelseek keys add laptop && reelseek serve --host 0.0.0.0
      curl 'http://127.0.0.1:8765/api/v1/search?query=a+red+car'

    The log goes to standard error, one JSON object per line; --json prints the address as JSON.
    """
    service = ServiceSettings(
        host=host,
        port=port,
        roots=tuple(root.resolve() for root in roots),
        cors_origins=tuple(_origin(one) for one in cors_origins),
        allowed_hosts=allowed_hosts,
        require_key=require_key,
        max_upload_bytes=max_upload_mib * _MEBI,
    )
    if not as_json:
        click.echo("Loading models...", err=True)
    from api.service.run_service import run_service

    run_service(settings, service, log_level=log_level, on_ready=_print_json if as_json else _print_text)
    return ExitCode.OK


def _print_text(url: str, notes: list[str]) -> None:
    click.echo(f"Reelseek is running at {url}")
    for note in notes:
        click.echo(f"  {note}")
    click.echo("Press Ctrl-C to stop.")
    sys.stdout.flush()


def _print_json(url: str, notes: list[str]) -> None:
    import json

    click.echo(json.dumps({"url": url, "notes": notes}))
    sys.stdout.flush()


def _origin(given: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"} or "@" in parts.netloc:
        raise UsageError(f"--cors-origin {given} is not an origin; give scheme and host, such as https://example.org")
    return f"{parts.scheme}://{parts.netloc}"
