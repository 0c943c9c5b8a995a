"""The ground floor: what knows no tenant and no product."""
