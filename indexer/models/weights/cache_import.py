"""Model folders that were carried here: copied into the hub's cache, where a hub name finds them without a network."""

import hashlib
import shutil
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

from indexer.errors import ModelBrokenError
from indexer.models.weights.files import fingerprint_of


def import_into_cache(folder: Path, repository: str, *, kind: str) -> Path:
    """Copies a checked model folder into the hub's cache; a crash leaves nothing that passes for a model.

    Args:
        folder: holds the files of the repository.
        repository: ORGANISATION/MODEL.
        kind: as `text model`, for messages.

    Returns:
        Its folder in the cache.

    Raises:
        ModelBrokenError: the folder cannot be read, or the cache not be written.
    """
    place = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repository, repo_type="model")
    revision = hashlib.sha1(fingerprint_of(folder, kind=kind).encode(), usedforsecurity=False).hexdigest()
    snapshot, draft = place / "snapshots" / revision, place / "snapshots" / f"{revision}.part"
    try:
        if not snapshot.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(folder, draft)
            draft.rename(snapshot)
        (place / "refs").mkdir(exist_ok=True)
        (place / "refs" / "main").write_text(revision)
    except (OSError, shutil.Error) as error:
        raise ModelBrokenError(
            f"{kind} {repository}: {folder} cannot be copied into {place}: {error}; make room, mend the permissions,"
            " or set HF_HOME to another folder"
        ) from error
    return snapshot
