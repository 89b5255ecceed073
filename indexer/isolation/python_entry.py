"""First file of an isolated Python process: makes this program importable, then calls a module's `main`.

`indexer.isolation.python_process` runs it as a script: `python -I python_entry.py MODULE ARGUMENT...`. It imports next
to nothing, since decoder children start often.
"""

import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Call `main` of the module named by the first argument, which is removed from `sys.argv`."""
    _add_program_folder(str(Path(__file__).resolve().parents[2]))
    import_module(sys.argv.pop(1)).main()


def _add_program_folder(folder: str) -> None:
    """Put the folder of this program's packages on `sys.path` where no installation has done so.

    After the standard library, which it must not shadow; before other packages, so that parent and child run the same
    code even when another version is installed.
    """
    if folder in sys.path:
        return
    installed = [
        index for index, entry in enumerate(sys.path) if Path(entry).name in ("site-packages", "dist-packages")
    ]
    sys.path.insert(installed[0] if installed else len(sys.path), folder)


if __name__ == "__main__":
    main()
