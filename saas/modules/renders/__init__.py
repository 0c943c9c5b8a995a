"""Renders: images, speech and films, made on demand. A product module."""
