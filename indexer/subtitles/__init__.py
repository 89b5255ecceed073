"""indexer/subtitles"""
