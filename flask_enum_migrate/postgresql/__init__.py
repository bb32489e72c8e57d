"""PostgreSQL: what its catalogs say, the cheapest safe plan, and the SQL of it."""
