"""The commands, one file each.

Input: parsed flags and checked settings. Output: printed results and an exit code. A command parses, calls one
public function, and prints; how results look is left to `api.cli.output`.
"""
