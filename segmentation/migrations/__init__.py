"""How the database came to its present tables, one file a step."""
