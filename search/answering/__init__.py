"""search/answering"""
