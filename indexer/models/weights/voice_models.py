"""The weights of the voice model, which tells speakers apart: in the package resemblyzer. Loads nothing."""

from indexer.models.weights.offline_package import OfflinePackage

VOICE_PACKAGE = OfflinePackage(
    spec="resemblyzer",
    package="resemblyzer",
    kind="voice model",
    original="resemblyzer 0.1.4",
    files={"pretrained.pt": "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"},
    weights_file="pretrained.pt",
    folder="",
    install="pip install --no-deps resemblyzer==0.1.4",
)
"""17 MB, Apache-2.0. Its own dependencies are not needed."""
