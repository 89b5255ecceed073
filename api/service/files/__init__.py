"""api/service/files"""
