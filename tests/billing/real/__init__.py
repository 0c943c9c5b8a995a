"""A subscription's life end to end: in Stripe's test mode where a key of it is given, and at the stand-in always."""
