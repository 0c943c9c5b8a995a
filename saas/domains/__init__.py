"""Domains of an organisation's own: claimed, proven, watched, served over https."""
