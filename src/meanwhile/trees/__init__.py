"""When it is done: events, conditions, moments, nodes, documents, and what runs them."""
