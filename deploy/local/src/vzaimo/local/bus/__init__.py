"""Who may do what on NATS: each service's user, and the cities' accounts."""
