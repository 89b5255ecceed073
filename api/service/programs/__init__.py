"""Interfaces for MCP clients, for chat programs that speak OpenAI's API, and for commands on this machine."""
