"""api/cli/demo"""
