"""Themes: how pages may look to a person."""

THEMES = {"system": "As my system", "light": "Light", "dark": "Dark"}
"""What can be chosen, with the words for it; the first is what nobody chose."""
