"""Found moments, taken away: tables, chapters, edit lists, clips."""
