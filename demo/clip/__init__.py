"""demo/clip"""
