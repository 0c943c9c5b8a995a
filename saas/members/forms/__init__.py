"""People: forms, one file for each part."""
