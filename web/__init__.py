"""Static files of the search page."""
