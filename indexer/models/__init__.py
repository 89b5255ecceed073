"""Model protocols, the profile table, and the implementations."""
