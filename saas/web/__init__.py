"""The kit of every routes.py: access marks, request hooks, forms, pages, navigation, cards, errors, charts. No feature in it."""
