"""An organisation's home, made of cards."""
