"""The catalogue: what is sold, for what price, and what each plan allows. Knows neither tenants nor the database."""
