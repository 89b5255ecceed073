"""The HTTP service: JSON for programs, and the page for people, over one library."""
