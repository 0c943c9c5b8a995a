"""White label: what a brand is, the compiler that makes a readable theme of it, its versions, pictures and pages."""
