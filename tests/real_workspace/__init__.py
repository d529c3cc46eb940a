"""An opt-in test against a real workspace, which also answers what Segment's documentation leaves open.

Set ``SEGMENT_TEST_TOKEN`` and ``SEGMENT_TEST_WORKSPACE``, the slug of the token's workspace, then run::

    pytest -s tests/real_workspace

It creates disabled destinations on the first source, or on ``SEGMENT_TEST_SOURCE``, and removes them. In the EU, set
``SEGMENT_TEST_URL``.
"""
