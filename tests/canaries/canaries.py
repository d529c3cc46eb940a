"""The canaries: secrets whose JSON, URL, HTML and Python encodings differ, with a tail that is always the same."""

from __future__ import annotations

TOKEN = "canary-token\"%2B+/=&<>'\\-r8w2k6zp"
TEMPLATE = "canary template\"%2B+/=&<>'\\ ünïcöde-h5t9m3xq"
REFERENCE = "canary reference\"%2B+/=&<>'\\ ünïcöde-j4v7n1yd"
DEEP = "canary deep\"%2B+/=&<>'\\ ünïcöde-b6f2s8gc"
UNSENT = "canary unsent\"%2B+/=&<>'\\ ünïcöde-q3l9d5ua"

CANARIES = {"token": TOKEN, "template": TEMPLATE, "reference": REFERENCE, "deep": DEEP, "unsent": UNSENT}
"""By origin: the connection to Segment; a connection in a template; one used by reference, its
password and a field of its extra; and one that is rejected before it is sent."""
