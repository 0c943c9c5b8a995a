"""The sandbox's pages for people: its control page, and what a bank or Stripe would show."""
