"""The groups of signals as a module of the page: generated from the table of signals, so the page repeats no names."""

import json

from search.signals import SIGNAL_GROUPS

MODULE = "js/signal_groups.js"
"""Where the page imports it, below `/static/`."""


def signal_groups_module() -> bytes:
    """An ES module that exports `SIGNAL_GROUPS`: name -> label and signals, in the order of the page."""
    groups = {group.name: {"label": group.label, "signals": group.signals} for group in SIGNAL_GROUPS}
    return f"export const SIGNAL_GROUPS = {json.dumps(groups, indent=2)};\n".encode()
