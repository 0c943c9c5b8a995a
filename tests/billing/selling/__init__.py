"""What is sold at Stripe, and what use of it costs."""
