"""search/by_example"""
