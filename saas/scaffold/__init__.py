"""The generator of modules: ``saas module new`` writes a small one that works, to be changed into one's own."""
