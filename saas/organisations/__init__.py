"""An organisation as its people see it: its profile and settings."""
