"""The `reelseek` command line.

Comes in: arguments, `REELSEEK_*` variables, the settings file. Goes out: tables for people, JSON for programs, an exit
code. `main` lists the commands, `flags` makes their flags from the descriptions of options. Imports nothing here, so
that `--help` answers at once.
"""
