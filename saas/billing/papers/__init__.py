"""Papers: invoices and credit notes as PDF and as XML. Nothing here knows the database: who wants a paper hands in its facts."""
