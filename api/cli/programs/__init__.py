"""The commands for programs that use a library: `serve`, `mcp`, `keys`.

In: a library's path, an address, names of keys. Out: a service or an MCP server that runs until it is stopped, or what
was done with a key.
"""
