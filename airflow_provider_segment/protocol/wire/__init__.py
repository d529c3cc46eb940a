"""The encoding of requests and responses: messages, media types, envelopes, pages, rate limits."""
