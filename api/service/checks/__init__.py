"""What is checked of every request, and how a fault is said: parameters that a route does not know, and words for
what a validator finds."""
