"""Decoding of video files in killable child processes.

In: a file's path and the limits of `indexer.config.Settings`. Out: a `VideoProbe`, sampled frames as RGB arrays, mono
audio at 16 kHz, embedded text tracks and container metadata, all with times on the player's clock
(`VideoProbe.start_seconds`). `video`, `audio` and `image` are the entry points; `child*` and `protocol` handle the
child process; `worker/` runs inside it and is the only part that imports PyAV and decord.

Leaves out which frames become segments, embeddings, speech recognition and OCR.
"""
