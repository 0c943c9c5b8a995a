"""People: operations, one file for each part."""
