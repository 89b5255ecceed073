"""The search page: plain HTML, CSS and ES modules, served as they lie here. No build step."""

from pathlib import Path

PAGE_FOLDER = Path(__file__).resolve().parent / "page"
"""Holds `index.html` (the page), `api.html` (the description of the service) and what both load from `/static/`."""

__all__ = ["PAGE_FOLDER"]
