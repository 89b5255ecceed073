"""`reelseek keys`: the API keys of the service."""

import json

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import library_place, machine_folder, make_machine_folder


@click.group()
def keys() -> None:
    """Manage the API keys of the service.

    \b
    Examples:
      reelseek keys add laptop
      reelseek keys list
      reelseek keys revoke laptop
    """


@keys.command()
@click.argument("name")
@with_settings()
def add(name: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Create an API key and print it once.

    NAME says who uses the key. Only a hash of it is stored. The library's folder is made where there is none; what is
    indexed into it later is served to whoever has the key.

    \b
    Examples:
      reelseek keys add laptop
      curl -H "Authorization: Bearer $KEY" http://server:8765/api/v1/health
    """
    from api.service.api_keys import KeyStore
    from indexer.store.storage.opening import storage_at

    place = library_place(settings.library)
    storage_at(place).prepare()
    key, whole = KeyStore(make_machine_folder(place)).add(name)
    if as_json:
        click.echo(json.dumps({"id": key.key_id, "name": key.name, "key": whole}))
    else:
        click.echo(whole)
        click.echo("Store it now: it cannot be shown again.", err=True)
    return ExitCode.OK


@keys.command("list")
@with_settings()
def list_keys(*, settings: Settings, as_json: bool) -> ExitCode:
    """List the API keys by name; the keys themselves are not stored.

    \b
    Examples:
      reelseek keys list
    """
    from api.safe_text import safe_text
    from api.service.api_keys import KeyStore

    found = KeyStore(machine_folder(library_place(settings.library))).keys()
    if as_json:
        rows = [{"id": key.key_id, "name": key.name, "created_at": key.created_at} for key in found]
        click.echo(json.dumps({"keys": rows}))
    else:
        for key in found:
            click.echo(f"{key.key_id}\t{key.created_at}\t{safe_text(key.name)}")
        if not found:
            click.echo("No API keys yet. Create one with `reelseek keys add NAME`.", err=True)
    return ExitCode.OK


@keys.command()
@click.argument("name")
@with_settings()
def revoke(name: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Revoke an API key, with immediate effect in a running service.

    NAME is the key's name or id.

    \b
    Examples:
      reelseek keys revoke laptop
    """
    from api.safe_text import safe_text
    from api.service.api_keys import KeyStore

    key = KeyStore(machine_folder(library_place(settings.library))).revoke(name)
    if as_json:
        click.echo(json.dumps({"revoked": {"id": key.key_id, "name": key.name}}))
    else:
        click.echo(f"revoked {safe_text(key.name)}")
    return ExitCode.OK
