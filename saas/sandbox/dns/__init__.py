"""A stand-in for the DNS of the world: every domain exists, whoever likes edits it, and three resolvers remember it differently."""
