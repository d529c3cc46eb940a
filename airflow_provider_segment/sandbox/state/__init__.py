"""The sandbox's state: sources, the catalog, destinations, subscriptions, filters and deliveries."""
