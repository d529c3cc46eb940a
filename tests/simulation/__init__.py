"""The flows of ``protocol/`` against an in-memory Segment with a virtual clock; each history is drawn from one seed.

``world`` is the clock; ``model`` is Segment; ``network`` delivers requests, or loses them as drawn from ``faults``; an
``actor`` is a running task, which may die at any step; a ``scenario`` says what is described and what exists already; a
``history`` plays all of that from one seed and checks the result. ``python -m tests.simulation SEED`` prints one.
"""
