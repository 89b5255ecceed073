"""The page: HTML, CSS and ES modules, served as they are. No build step.

Input: the service's JSON, in the browser. Output: what people see. Leaves out everything on the server but where
its files are.
"""

from pathlib import Path

PAGE_FOLDER = Path(__file__).resolve().parent / "page"
"""Holds `index.html` (the page), `api.html` (the description of the service) and what both load from `/static/`."""
