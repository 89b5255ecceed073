"""Files that the service sends: originals by byte range, and derived files (copies for browsers, clips, previews).

In: a video of the library. Out: an `OpenedFile`, made by the media worker and cached where needed, and the response
that streams it.

Leaves out HTTP routes (`api.service.routes`) and what the media worker does (`api.media`).
"""
