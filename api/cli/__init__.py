"""The `reelseek` command line.

Input: arguments, `REELSEEK_*` variables, the settings file. Output: tables for people, JSON for programs, an exit
code. `main` lists the commands, `flags` makes their flags from the descriptions of options. Imports nothing here, so
that `--help` answers at once.
"""
