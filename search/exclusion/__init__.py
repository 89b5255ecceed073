"""search/exclusion"""
