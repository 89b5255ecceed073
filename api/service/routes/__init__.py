"""The routes, one file for each subject.

Input: checked parameters and bodies. Output: records of `schemas`, files, event streams. A handler makes one call
and converts the result; work that blocks runs in a queue of `runtime`.
"""
