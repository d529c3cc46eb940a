"""The sandbox's control requests, under ``/_sandbox/``: they need no token and use JSON with names in camelCase.

====================  ================================================================================================
``GET /``             an HTML page for browsers; otherwise counts, settings and pending faults
``GET requests``      the journal, oldest first: method, path, query, time, status, fault; ``?last=`` limits the number,
                      ``?control=true`` includes the control requests that are not GET
``GET openapi.json``  an OpenAPI description of the API that the sandbox serves
``GET destinations``  all destinations with subscriptions, filters and deliveries, oldest first, with secrets masked;
                      ``?last=`` limits the number
``POST reset``        reset to ``{"seed": ...}``, or to the initial seed; settings are kept
``POST deliver``      add deliveries to a destination's metrics
``POST faults``       inject a fault into matching requests; ``GET`` returns the pending faults, ``DELETE`` removes them
``POST settings``     change settings; ``GET`` returns them, ``DELETE`` restores the initial ones
====================  ================================================================================================

An invalid request returns 422 with errors that name the fields; one from a page of another site returns 403. A body
needs the ``Content-Type`` ``application/json``. Neither faults nor rate limits apply to control requests.
"""
