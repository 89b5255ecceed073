"""Confinement of a child process that parses untrusted bytes: which files it may open, no network, no other processes.

In: the files that the process must read and write. Out: a process that can reach nothing else, as far as the system
allows, and a description of what is on. `confine` names the public functions; `landlock` limits files and `seccomp`
system calls on Linux, `seatbelt` both on macOS.

Leaves out limits of memory and time (`indexer.decode.worker.limits`) and starting the process
(`indexer.isolated_python`). Only the standard library is imported: decoder children start often.
"""
