"""api/cli/output"""
