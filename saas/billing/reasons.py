"""Why people cancel."""

REASONS = {
    "too_expensive": "It costs too much",
    "missing_features": "Something is missing",
    "switched_service": "We use something else now",
    "unused": "We do not use it",
    "too_complex": "It is too hard to use",
    "low_quality": "It does not work well enough",
    "customer_service": "We got too little help",
    "other": "Another reason",
}
"""Why people cancel, by Stripe's names."""
