"""demo/text"""
