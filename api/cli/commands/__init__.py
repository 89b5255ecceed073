"""The commands, one file each.

Comes in: parsed flags and checked settings. Goes out: printed results and an exit code. A command parses, calls one
public function, and prints; how results look is left to `api.cli.output`.
"""
