"""The installed version of Reelseek."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """As `1.4.0`; `unknown` when Reelseek runs without being installed."""
    try:
        return version("reelseek")
    except PackageNotFoundError:
        return "unknown"
