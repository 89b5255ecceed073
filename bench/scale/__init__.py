"""Libraries of 10 to 2,000 hours: what searching, adding, changing and looking after them costs as they grow."""
