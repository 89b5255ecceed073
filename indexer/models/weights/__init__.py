"""Model weights: what a user names in, a directory on this machine with a fingerprint out.

Knows local directories, the Hugging Face hub with its cache, and the package with the offline text model. Leaves out
loading the weights, which each model does by itself.
"""
