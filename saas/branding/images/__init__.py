"""Uploaded pictures: looked at without decoding, drawn anew in a process of its own, and asked for their colours."""
