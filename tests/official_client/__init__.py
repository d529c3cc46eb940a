"""Segment's own TypeScript client, used as a witness: what it understands and what it sends.

It is installed by npm into ``node_modules`` beside this file at the first test that needs it, and stays there.
"""
