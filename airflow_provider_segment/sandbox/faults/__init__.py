"""Faults: what the next matching requests get instead of, or after, a proper answer.

===============  ======================================================================  ===========
kind             what the client sees                                                    carried out
===============  ======================================================================  ===========
``status``       the ``status`` told, as an error or as a proxy's page (``html``)        no
``rate_limit``   a 429 that says when to come back as ``retryAfter``, ``msBeforeNext``   no
                 and ``resetSeconds`` tell it to, or not at all
``drop_before``  the connection closes without an answer                                 no
``drop_after``   the connection closes without an answer                                 yes
``late``         the connection closes without an answer                                 ``seconds`` later
``delay``        the answer comes ``seconds`` later                                      yes, at once
``truncate``     the head and half of the body, then the connection closes               yes
``garbage``      a 200 with a web page                                                   yes
===============  ======================================================================  ===========
"""
