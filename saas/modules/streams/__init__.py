"""Streams: shows that go out live to several channels at once. A product module."""
