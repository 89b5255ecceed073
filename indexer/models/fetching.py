"""Fetching the models of a profile before they are needed: from the hub, or from folders that were carried here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import ModelMissingError
from indexer.models.profiles import Profile
from indexer.models.remote.address import is_server
from indexer.models.weights.cache_import import import_into_cache
from indexer.models.weights.files import Announce
from indexer.models.weights.hub import ModelWeights
from indexer.models.weights.picture_models import PICTURE, REPOSITORIES, find_picture_weights
from indexer.models.weights.speech_models import OFFLINE_SPEECH_MODEL, SPEECH, find_speech_weights
from indexer.models.weights.text_models import OFFLINE_MODEL, RERANKER, TEXT, find_text_weights
from indexer.models.weights.transformers_models import VISION_LANGUAGE, find_transformers_weights

_INSTALLED = (OFFLINE_MODEL, OFFLINE_SPEECH_MODEL)
"""Models that packages bring, not the hub."""


@dataclass(frozen=True, slots=True)
class WantedModel:
    """A model of a profile."""

    kind: str
    """As `text model`."""
    spec: str
    """As the profile names it."""
    find: Callable[[str, Announce], ModelWeights]
    """Spec or folder -> the checked weights, downloaded where necessary."""

    @property
    def repository(self) -> str:
        """Its name on the hub; empty where it comes from a package, a folder or a server."""
        if self.spec in _INSTALLED or is_server(self.spec) or Path(self.spec).expanduser().is_absolute():
            return ""
        return REPOSITORIES.get(self.spec, self.spec)


def models_of(profile: Profile) -> list[WantedModel]:
    """The models of a profile, those first that indexing needs."""
    found = (
        WantedModel(PICTURE, profile.clip_model, lambda spec, say: find_picture_weights(spec, announce=say)),
        WantedModel(TEXT, profile.text_model, lambda spec, say: find_text_weights(spec, announce=say)),
        WantedModel(SPEECH, profile.speech_model, lambda spec, say: find_speech_weights(spec, announce=say)),
        WantedModel(
            RERANKER, profile.reranker_model, lambda spec, say: find_text_weights(spec, announce=say, kind=RERANKER)
        ),
        WantedModel(
            VISION_LANGUAGE,
            profile.vision_language_model,
            lambda spec, say: find_transformers_weights(spec, announce=say),
        ),
    )
    return [model for model in found if model.spec]


def fetch_models(profile: Profile, *, announce: Announce, folder: Path | None = None) -> Iterator[ModelWeights]:
    """Each model of a profile once it is on this machine.

    Files that are complete are not fetched again; one that was cut off in an earlier run is, from its beginning: the
    hub's own library keeps no parts.

    Args:
        announce: called with what is about to be downloaded, its size and its destination.
        folder: take the models from the folders in it, and ask no network. A model's folder bears the last part of its
            name on the hub, as `multilingual-e5-small`.

    Raises:
        ModelMissingError: a model cannot be downloaded, its package is not installed, or the folder lacks it.
        ModelBrokenError: files were found, but not those of such a model.
    """
    for model in models_of(profile):
        if is_server(model.spec):
            continue
        if folder is not None and model.repository:
            yield _from_folder(model, folder)
            continue
        try:
            yield model.find(model.spec, announce)
        except ModelMissingError as error:
            if not model.repository:
                raise
            raise ModelMissingError(
                f"{error}; or download {model.repository} on another machine, and give the folder of the"
                f" models' folders: reelseek models fetch {profile.name} --from FOLDER"
            ) from error


def _from_folder(model: WantedModel, folder: Path) -> ModelWeights:
    name = model.repository.rpartition("/")[2]
    source = folder.expanduser() / name
    if not source.is_dir():
        raise ModelMissingError(
            f"{model.kind} {model.repository}: there is no folder {source}; put the files of"
            f" {model.repository} into a folder {name} there"
        )
    model.find(str(source), lambda _: None)
    directory = import_into_cache(source, model.repository, kind=model.kind)
    return ModelWeights(model.repository, directory, directory.name[:12])
