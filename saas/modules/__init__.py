"""Product modules: each folder is a feature that can be added or taken away whole."""
