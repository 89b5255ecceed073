"""The routes, one file for each subject.

Comes in: checked parameters and bodies. Goes out: records of `schemas`, files, event streams. A handler makes one call
and converts the result; work that blocks runs in a queue of `runtime`.
"""
