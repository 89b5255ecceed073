"""The Model Context Protocol (MCP): a library as typed tools for language models, by the official SDK.

`reelseek mcp` serves it on standard input and output, the service at `/mcp`. All tools read only, except `export_clip`.
"""
