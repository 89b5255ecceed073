"""Video files for players and editors: clips, remuxed and transcoded copies, stills, sprite sheets, reels, subtitles.

In: a video of the library and a `MediaRequest`. Out: a written file, or facts about the source (format, frame rate).
`worker` runs in a child process of its own, with everything that imports PyAV; `worker_process` starts it and
listens to it. `byte_ranges`, `playback_method`, `timecode` and `web_vtt` are pure.

Leaves out HTTP and caching (`api.service.files`) and editing formats (`api.export`).
"""
