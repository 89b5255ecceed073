"""What routes share: ids in paths, checked times and spans, headers and descriptions of served files.

Input: values of a request. Output: checked values and typed errors, headers, descriptions for OpenAPI. It knows no
library and starts no work.
"""
