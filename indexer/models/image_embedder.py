"""The image embedder: pictures and their descriptions as vectors, by open_clip. The only file that imports it.

A model is named as `NAME:PRETRAINED` (a pair that `open_clip.list_pretrained()` lists, or a checkpoint file in place of
the tag), or as a directory with `open_clip_config.json` and weights.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from PIL import Image

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.custom_code import forbid_custom_code, loading_failure
from indexer.models.device import DeviceChoice, choose_device
from indexer.models.protocols import Vectors
from indexer.models.weights.files import Announce, announce_on_stderr, digest_of, hub_cache, is_in_hub_cache, weights_in
from indexer.models.weights.picture_models import (
    HUB_FILES,
    REPOSITORIES,
    WAY_OUT,
    find_picture_weights,
    picture_snapshot,
)
from indexer.records import Pixels


class ClipModel:
    """A `PictureModel` over open_clip."""

    def __init__(
        self, network: Any, preprocess: Any, tokenizer: Any, *, name: str, choice: DeviceChoice, batch_frames: int
    ) -> None:
        self._network = network
        self._preprocess = preprocess
        self._tokenizer = tokenizer
        self._choice = choice
        self._batch_frames = batch_frames or choice.batch_frames
        self._name = name
        self._dim = int(self.embed_queries(["a picture"]).shape[1])

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return self._dim

    @property
    def batch_frames(self) -> int:
        return self._batch_frames

    def prepare(self, pixels: Pixels) -> NDArray[np.float32]:
        """(height, width, 3) uint8 RGB -> (3, size, size), with the checkpoint's own preprocessing."""
        prepared: torch.Tensor = self._preprocess(Image.fromarray(pixels))
        return prepared.numpy()

    def embed_prepared(self, inputs: NDArray[np.float32]) -> Vectors:
        """(n, 3, size, size) -> (n, dim) float16 of unit length.

        Every batch has the same size, the last padded with zeros: kernels are chosen by shape, and the vector of a
        picture must not depend on its batch, or a resumed run would differ from an uninterrupted one.

        Raises:
            ModelBrokenError: the device has too little memory for one batch.
        """
        parts: list[Vectors] = []
        for start in range(0, len(inputs), self._batch_frames):
            batch = inputs[start : start + self._batch_frames]
            padding = self._batch_frames - len(batch)
            full = np.pad(batch, ((0, padding), (0, 0), (0, 0), (0, 0))) if padding else batch
            parts.append(self._embed_batch(full)[: len(batch)])
        return np.concatenate(parts) if parts else np.zeros((0, self._dim), np.float16)

    def embed_queries(self, queries: Sequence[str]) -> Vectors:
        """n descriptions -> (n, dim) float16 of unit length."""
        with torch.inference_mode():
            tokens = self._tokenizer(list(queries)).to(self._choice.device)  # (n, context)
            features = self._network.encode_text(tokens)  # (n, dim)
        return _unit(features)

    def _embed_batch(self, batch: NDArray[np.float32]) -> Vectors:
        try:
            with torch.inference_mode():
                tensor = torch.from_numpy(np.ascontiguousarray(batch)).to(self._choice.device, self._choice.dtype)
                features = self._network.encode_image(tensor)  # (batch, dim)
        except torch.OutOfMemoryError as error:
            raise ModelBrokenError(
                f"device {self._choice.device} does not have enough memory for {self._batch_frames} frames at once"
                f" with {self._name}; set a smaller batch_frames, or a smaller model"
            ) from error
        return _unit(features)


def load_clip_model(
    spec: str, *, device: str = "auto", batch_frames: int = 0, announce: Announce = announce_on_stderr
) -> ClipModel:
    """Loads an open_clip model.

    Args:
        spec: `NAME:PRETRAINED` or a checkpoint directory.
        device: `auto`, `cpu`, `cuda`, `cuda:N`, `mps`.
        batch_frames: pictures in a batch; 0 chooses by device.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: the weights do not load.
        SettingsError: the device is absent.
    """
    choice = choose_device(device)
    directory = Path(spec).expanduser()
    if directory.is_dir():
        reference, pretrained, name = _directory_reference(directory)
    else:
        reference, pretrained, name = _named_reference(spec, announce)
    forbid_custom_code()
    try:
        network, _, preprocess = open_clip.create_model_and_transforms(
            reference, pretrained=pretrained, device=choice.device, precision=_precision(choice)
        )
        network.eval()
        tokenizer = open_clip.get_tokenizer(reference)
    except Exception as error:
        raise _loading_error(spec, error) from error
    return ClipModel(network, preprocess, tokenizer, name=name, choice=choice, batch_frames=batch_frames)


def clip_weights_present(spec: str) -> bool:
    """Whether a model's weights are on this machine; downloads and loads nothing."""
    directory = Path(spec).expanduser()
    if directory.is_dir():
        return bool(weights_in(directory))
    name, _, tag = spec.rpartition(":")
    repository = str((open_clip.pretrained.get_pretrained_cfg(name, tag) or {}).get("hf_hub", "")).strip("/")
    return bool(repository) and is_in_hub_cache(repository, *HUB_FILES)


def _directory_reference(directory: Path) -> tuple[str, None, str]:
    for needed, what in ((directory / "open_clip_config.json", "open_clip_config.json"), (None, "weights")):
        if (needed is not None and not needed.is_file()) or (needed is None and not weights_in(directory)):
            raise ModelMissingError(f"directory {directory} has no {what}, so it is no open_clip checkpoint; {WAY_OUT}")
    return f"local-dir:{directory.resolve()}", None, f"open_clip {open_clip.__version__} local {digest_of(directory)}"


def _named_reference(spec: str, announce: Announce) -> tuple[str, str | None, str]:
    """A profile's model is loaded from its files on this machine, which asks nothing of a network."""
    if spec in REPOSITORIES:
        if not clip_weights_present(spec):
            find_picture_weights(spec, announce=announce)
        if (directory := picture_snapshot(spec)) is not None:
            return f"local-dir:{directory}", None, f"open_clip {open_clip.__version__} {spec}"
    name, _, pretrained = spec.partition(":")
    if not name or not pretrained or name not in open_clip.list_models():
        raise ModelMissingError(
            f"picture model {spec!r} is neither a directory nor NAME:PRETRAINED of open_clip"
            " (as ViT-B-32-SigLIP2-256:webli); check the spelling, or " + WAY_OUT
        )
    known_tag = bool(open_clip.pretrained.get_pretrained_cfg(name, pretrained))
    if not known_tag and not Path(pretrained).is_file():
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(name))
        raise ModelMissingError(f"picture model {name} has no weights {pretrained!r}; it has: {tags}; or {WAY_OUT}")
    if known_tag and not clip_weights_present(spec):
        announce(f"fetching the weights of {spec} from the hub into {hub_cache()}")
    return name, pretrained, f"open_clip {open_clip.__version__} {spec}"


def _loading_error(spec: str, error: Exception) -> ModelMissingError | ModelBrokenError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "custom code" in reason:
        return ModelBrokenError(f"picture model {spec} does not load: {loading_failure(error)}; {WAY_OUT}")
    if "download" in reason.lower() or "hub" in reason.lower() or isinstance(error, OSError):
        return ModelMissingError(
            f"the weights of picture model {spec} are not in {hub_cache()} and cannot be fetched ({reason}); {WAY_OUT}"
        )
    return ModelBrokenError(f"picture model {spec} was found and does not load ({reason}); {WAY_OUT}")


def _precision(choice: DeviceChoice) -> str:
    return "fp16" if choice.dtype == torch.float16 else "fp32"


def _unit(features: torch.Tensor) -> Vectors:
    """(n, dim) -> float16 rows of unit length, normalized in float32."""
    return torch.nn.functional.normalize(features.float(), dim=-1).cpu().numpy().astype(np.float16)
