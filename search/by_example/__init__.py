"""Search by example: an image or a moment of the library in, a ranking of the moments that look like it out.

Nearest frames by their vectors come first; an image is then compared with the best of them pixel by pixel, in the
thumbnails and, where these leave doubt, in frames decoded from the files. Leaves out words without an example.
"""
