"""Segment's own TypeScript client as a reference: what it accepts and what it sends.

npm installs it into ``node_modules`` beside this file before the first test that needs it, and it stays there.
"""
