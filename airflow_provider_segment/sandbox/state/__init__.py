"""What the sandbox remembers: sources, the catalog, destinations, subscriptions, deliveries."""
