"""Plans: the price list, an organisation's own plan beside the others, and the parts of the product it works with."""
