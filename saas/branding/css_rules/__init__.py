"""What customers' own CSS may hold: properties and their values, selectors, media queries, and a reason for every refusal."""
