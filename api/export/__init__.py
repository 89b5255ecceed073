"""Export of moments: tables (CSV, JSON), WebVTT chapters, edit lists (EDL, FCPXML, OTIO), clips and reels; transcripts.

In: moments of a search, of an earlier JSON output, or one named span. Each becomes a `Subclip` with exact
frame numbers. Out: text documents, or MP4 files cut by the media worker.

Leaves out decoding and encoding (`api.media`), and the search itself.
"""
