"""demo/world"""
