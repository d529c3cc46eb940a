"""The control of the sandbox, under ``/_sandbox/``: no token, JSON with names in camelCase.

====================  ================================================================================================
``GET /``             a page for people when a browser asks, else counts, settings and waiting faults
``GET requests``      the journal, oldest first: method, path, query, time, status, fault; ``?last=`` few only
``GET destinations``  all destinations, oldest first, with subscriptions and deliveries, secrets masked; ``?last=`` too
``POST reset``        begin anew, from ``{"seed": ...}`` or from what the sandbox was started with; settings stay
``POST deliver``      add to a destination's delivery metrics
``POST faults``       let something go wrong with the next matching requests; ``GET`` shows, ``DELETE`` forgets them
``POST settings``     change settings; ``GET`` shows them, ``DELETE`` goes back to those of the start
====================  ================================================================================================

What is wrong with a request is said by a 422 whose errors name the fields. None of these requests is in the journal,
meets a fault or counts towards a rate limit.
"""
