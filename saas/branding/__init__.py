"""White label: what a brand is, and the compiler that makes a readable theme of it. Pure: no database, no clock, no settings."""
