"""``saas demo``: a database of its own, demo data once, web and worker in the foreground."""
