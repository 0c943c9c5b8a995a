"""Strategies: rules that trade on exchanges, tried on the past before they are let loose. Everything is simulated."""
