"""bench/support"""
