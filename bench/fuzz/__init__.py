"""Fuzzing of the service: generated requests, whole lives of videos, and clients that are slow or leave."""
