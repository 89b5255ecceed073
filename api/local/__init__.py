"""How commands on this machine use a running service of their library: the note that it leaves, and whole results."""
