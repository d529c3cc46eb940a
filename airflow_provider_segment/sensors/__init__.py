"""The sensor that waits until delivery metrics meet conditions."""
