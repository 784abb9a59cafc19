"""Web archives: their records, what HTTP carried, its charset, and the main text of a page."""
