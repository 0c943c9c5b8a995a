"""Usage: counting what organisations use, refusing what is beyond their plan, and showing where it went."""
