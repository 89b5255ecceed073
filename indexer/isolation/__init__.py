"""Isolation of child processes: whose code they run, and what they can reach.

In: a module of this program to run, the files that it may open. Out: a child that runs no code of the folders it works
on, and, where it parses untrusted bytes, opens no other file, connection or process, as far as the system allows.

`python_process` starts children, `python_entry` is their first file. `confine` limits the process that calls it, by
`landlock` (files) and `seccomp` (system calls) on Linux, `seatbelt` on macOS.

Leaves out limits of memory and time (`indexer.decode.worker.limits`). Only the standard library is imported: decoder
children start often.
"""
