"""`reelseek models`: list the model profiles, and fetch their weights."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import MODEL_SETTINGS, RERANK_SETTINGS, flag, with_settings
from api.cli.options import FETCH_FROM, JSON
from indexer.config import Settings

if TYPE_CHECKING:
    from rich.text import Text

    from indexer.models.loading import ProfileStatus


class ListByDefault(click.Group):
    """Without a command of its own, `reelseek models` lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_whole = any(word in self.commands for word in args[:1]) or {"-h", "--help"} & set(args)
        return super().parse_args(ctx, args if is_whole else ["list", *args])


@click.group(cls=ListByDefault)
def models() -> None:
    """List the model profiles, or fetch their weights.

    \b
    Examples:
      reelseek models
      reelseek models list --json
      reelseek models fetch small
    """


@models.command("list")
@with_settings(*MODEL_SETTINGS, *RERANK_SETTINGS)
def list_models(*, settings: Settings, as_json: bool) -> ExitCode:
    """List the model profiles, and which are on this machine.

    Each profile with its models, size, licence, languages and purpose, and whether its weights are on this machine.
    Nothing is loaded or downloaded. With `--models NAME` and `--clip-model`, `--text-model`,
    `--vision-language-model`, `--speech-model` or `--reranker-model`, that profile is shown with these models. `list`
    may be left out.

    \b
    Examples:
      reelseek models
      reelseek models list --json
      reelseek index ~/Videos --models standard
      reelseek index ~/Videos --clip-model ViT-B-32:laion2b_s34b_b79k
      reelseek index ~/Videos --clip-model /models/my-clip --text-model /models/my-text
    """
    from indexer.models.loading import model_status

    rows = model_status(settings)
    if as_json:
        click.echo(json.dumps({"profiles": [_to_json(row) for row in rows]}))
    else:
        _print(rows)
    return ExitCode.OK


@models.command()
@click.argument("profile", metavar="PROFILE")
@flag(FETCH_FROM)
@flag(JSON)
def fetch(profile: str, *, folder: Path | None, as_json: bool) -> ExitCode:
    """Download the models of a profile into the cache of the Hugging Face hub.

    A connection that is lost for a moment goes on where it was. Ctrl-C stops; the same command keeps the files that are
    complete, and downloads the others. Then `reelseek index` with the same folders adds what these models find.

    With --from, nothing is downloaded: the models are copied from the folders in FOLDER, each called like its model,
    as `multilingual-e5-small`, after a check that it holds such a model.

    \b
    Examples:
      reelseek models fetch small
      reelseek models fetch standard --from /media/stick/models
      HF_HOME=/data/hub reelseek models fetch small
    """
    from indexer.models.fetching import fetch_models
    from indexer.models.profiles import profile_named
    from indexer.models.weights.files import announce_on_stderr

    found: list[dict[str, str]] = []
    for weights in fetch_models(profile_named(profile), announce=announce_on_stderr, folder=folder):
        found.append({"name": weights.name, "folder": str(weights.directory)})
        if not as_json:
            click.echo(f"here: {weights.name}  {weights.directory}")
    if as_json:
        click.echo(json.dumps({"profile": profile, "models": found}))
    else:
        click.echo(f"The profile {profile} is complete; `reelseek index` adds what its models find.")
    return ExitCode.OK


def _to_json(row: "ProfileStatus") -> dict[str, Any]:
    return {
        **row.profile.to_json(),
        "picture_weights_present": row.picture_present,
        "text_weights_present": row.text_present,
        "vision_language_weights_present": row.vision_language_present,
        "speech_weights_present": row.speech_present,
        "reranker_weights_present": row.reranker_present,
        "ready": _ready(row),
    }


def _ready(row: "ProfileStatus") -> bool:
    return all(present is not False for _, present in _models_of(row))


def _models_of(row: "ProfileStatus") -> list[tuple[str, bool | None]]:
    """Each model with whether its weights are on this machine; None without a model."""
    profile = row.profile
    return [
        (profile.clip_model, row.picture_present),
        (profile.text_model, row.text_present),
        (profile.vision_language_model, row.vision_language_present),
        (profile.speech_model, row.speech_present),
        (profile.reranker_model, row.reranker_present),
    ]


def _how_to_get(row: "ProfileStatus") -> str:
    """How to get weights that are not on this machine."""
    local = [name for name, present in _models_of(row) if present is False and Path(name).is_absolute()]
    return (
        f"missing: {local[0]} does not exist" if local else f"`reelseek models fetch {row.profile.name}` downloads it"
    )


def _print(rows: "list[ProfileStatus]") -> None:
    from rich.table import Table

    from api.cli.terminal import console, label
    from api.formatting import size_text

    screen = console()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        profile = row.profile
        here = label("ready", "green") if _ready(row) else label(_how_to_get(row), "yellow")
        table.add_row(label(profile.name, "bold cyan"), label(profile.meant_for, "bold"))
        table.add_row("pictures", _model(profile.clip_model, row.picture_present))
        table.add_row("texts", _model(profile.text_model, row.text_present))
        table.add_row("answers", _model(profile.vision_language_model, row.vision_language_present))
        table.add_row("speech", _model(profile.speech_model, row.speech_present))
        table.add_row("reranker", _model(profile.reranker_model, row.reranker_present))
        table.add_row("size", label(f"{size_text(profile.size_mb * 1e6)}, {profile.licence}"))
        table.add_row("languages", label(profile.languages))
        table.add_row("", here)
        table.add_row("", "")
    screen.print(table)


def _model(name: str, present: bool | None) -> "Text":
    from api.cli.terminal import label

    if present is None:
        return label("none", "dim")
    return label(f"{name}  ({'on this machine' if present else 'not on this machine'})")
