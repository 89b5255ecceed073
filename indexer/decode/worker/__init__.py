"""The decoder's side of the child process: opens one untrusted file with PyAV or decord and answers one request.

In: a `DecodeRequest` as one JSON line on standard input. Out: messages on standard output; frames and audio samples in
shared memory. `main` reads and writes them, `job` chooses the decoder, `*_reader` and `pyav_seeking` decode, `limits`
ends the process when it uses too much or its parent is gone.

Leaves out starting, timing and killing the process: that is the parent's (`indexer.decode.child_session`).
"""
