"""api/service/views"""
