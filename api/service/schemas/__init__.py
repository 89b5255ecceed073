"""api/service/schemas"""
