"""The sandbox's state: sources, the catalog, destinations, subscriptions and deliveries."""
