"""Media for players and pages: byte ranges, cuts, what browsers play, pictures at a time, subtitles, heat strips."""
