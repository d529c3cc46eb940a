"""The flows of ``protocol/`` against an in-memory Segment with a virtual clock: histories drawn from one number.

``world`` is time; ``model`` is Segment; ``network`` brings requests there, or loses them as ``faults`` draws; an
``actor`` is a task at work, which may die at any step; a ``scenario`` says what is described and what exists; a
``history`` is all of that from one seed, with what must hold at its end. ``python -m tests.simulation SEED`` tells it.
"""
