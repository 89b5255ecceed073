"""Sound without pictures in the media worker: reading it from a time on, and copies of it for players and editors.

Left out is the sound of videos, which is read and written beside their pictures (`api.media.source_reader`,
`api.media.clip`).
"""
