"""How requests and answers look as bytes: messages, media types, envelopes, pages, rate limits."""
