"""demo/training"""
