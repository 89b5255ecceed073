"""A model that is named without loading it, fetched before the work begins, and loaded when it is first used."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class NamedModel(Protocol):
    """A model with the name that the library records."""

    @property
    def name(self) -> str: ...


Model = TypeVar("Model", bound=NamedModel)


class LazyModel(Generic[Model]):
    """Holds the model of a spec, or one that is loaded already."""

    def __init__(
        self,
        spec: str,
        *,
        name_of: Callable[[str], str],
        find: Callable[[str], object],
        load: Callable[[str], Model],
        loaded: Model | None = None,
    ) -> None:
        """
        Args:
            spec: hub name or directory; empty: there is no model.
            name_of: spec -> the name that the library records; empty while the weights are not on this machine.
            find: downloads the spec's weights unless they are on this machine; raises ModelError.
            load: spec -> the loaded model.
            loaded: a model to use in place of the spec's.
        """
        self._spec, self._name_of, self._find, self._load = spec, name_of, find, load
        self._given = self._loaded = loaded

    @property
    def name(self) -> str:
        """The name that the library records; empty while the weights are not on this machine."""
        if self._given is not None:
            return self._given.name
        return self._name_of(self._spec) if self._spec else ""

    def fetch(self) -> None:
        """Downloads the weights unless they are on this machine.

        Raises:
            ModelMissingError: they are absent and cannot be fetched.
            ModelBrokenError: files were found that are not such a model.
        """
        if self._spec and self._given is None:
            self._find(self._spec)

    def get(self) -> Model:
        """The model, loaded on first use; raises what `load` raises."""
        if self._loaded is None:
            self._loaded = self._load(self._spec)
        return self._loaded

    def release(self) -> None:
        """Frees the device's memory; the next `get` loads the model again."""
        self._loaded = self._given
