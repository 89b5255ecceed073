"""The errors of the demo world, under the project's one error tree.

ReelseekError (in indexer.errors)
└── DemoError                the demo world cannot be made
    ├── WorldSettingsError   a length or another setting that no world can have
    └── WorldWriteError      the folder for the world cannot be written
"""

from indexer.errors import ReelseekError


class DemoError(ReelseekError):
    """The demo world cannot be made."""


class WorldSettingsError(DemoError):
    """A length or another setting of the world is out of range."""


class WorldWriteError(DemoError):
    """The folder for the world, or a file in it, cannot be written."""
