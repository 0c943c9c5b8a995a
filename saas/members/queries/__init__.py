"""People: queries, one file for each part."""
