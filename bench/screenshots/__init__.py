"""Screenshots of the page, in every state that it has."""
