"""Plans: what is sold, for what price, and what each plan allows."""
