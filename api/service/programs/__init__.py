"""Interfaces for particular programs: MCP clients, and commands on this machine."""
