"""api/service/jobs"""
