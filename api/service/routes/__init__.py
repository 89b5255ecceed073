"""api/service/routes"""
