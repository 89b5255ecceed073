"""Where a library's files are: a folder of this machine or an object store, behind one protocol.

In: names relative to the library, such as `library.json`. Out: bytes, files of this machine, locks, and how LanceDB
reaches the tables. Left out: what the files hold.
"""
