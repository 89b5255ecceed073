"""demo/vlm"""
