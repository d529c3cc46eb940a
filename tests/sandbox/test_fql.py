r"""FQL, by the examples of its documentation: https://segment.com/docs/api/public-api/fql/"""

from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.filters.fql_parser import parse_fql
from airflow_provider_segment.sandbox.filters.fql_values import FqlError

EVENT = {
    "event": "Button Clicked",
    "type": "track",
    "context": {"library": {"name": "analytics.js", "version": "1.0"}},
    "properties": {
        "features": ["discounts", "dark-mode"],
        "product 1": {"price": "19.99"},
        "on": True,
        "count": 3,
        "backslash": "\\",
    },
}

DOCUMENTED = {
    "event = 'Button Clicked'": True,
    "event = 'Screen Tapped'": False,
    "context.path.path = '/login'": False,
    "type = 'identify' or type = 'track'": True,
    "event = 'Button Clicked' and type = 'track'": True,
    "match( context.library.version, '1.*' )": True,
    "match( context.library.version, '2.*' )": False,
    "type = 'track' and ( event = 'Click' or match( event, 'Button *' ) )": True,
    "!contains( context.library.name, 'js' )": False,
    "'dark-mode' in properties.features": True,
    "'blink' in properties.features": False,
    r"properties.product\ 1.price = '19.99'": True,
    "!( type in ['track', 'identify'] )": False,
    "( type = 'track' or type = 'identify' ) and ( properties.enabled or match( traits.email, '*@x.com' ) )": False,
    "match( 'abcd', 'a*d' )": True,
    "match( '', '*' )": True,
    "match( 'abc', 'ab' )": False,
    "match( 'abcd', 'a??d' )": True,
    "match( 'abcd', '*d' )": True,
    r"match( 'ab*d', 'ab\*d' )": True,
    r"match( 'abcd', 'ab\*d' )": False,
    "match( 'abCd', 'ab[cC]d' )": True,
    "match( 'abcd', 'ab[a-z]d' )": True,
    "match( 'abcd', 'ab[A-Z]d' )": False,
    "contains( null, 'x' )": False,
    "length( null ) = 0": True,
    "length( userId ) > 0": False,
    "lowercase( null ) = null": True,
    "typeof( null ) = 'null'": True,
    "match( null, 'x' )": False,
    "length('a') = 1 and length('ア') = 3": True,
    "length(properties.features) = 2": True,
    "lowercase('ABC d') = 'abc d' and uppercase('abc') = 'ABC'": True,
    "snakecase('test string') = 'test_string' and kebabcase('test string') = 'test-string'": True,
    "titlecase('test string') = 'Test String'": True,
    "typeof('x') = 'string' and typeof(1) = 'number' and typeof([]) = 'list' and typeof(true) = 'bool'": True,
    "number('19.99') = 19.99 and string(3) = '3' and bool(1) and !bool(null)": True,
}

RULES = {
    'event = "Button Clicked"': True,
    "event='Button Clicked'": True,
    "'it\\'s' = \"it's\"": True,
    "1 = 1.0": True,
    "1 = '1'": False,
    "1 != '1'": True,
    "true = 1": False,
    "null = false": False,
    "[1, ['a']] = [1, ['a']]": True,
    "[1] = [true]": False,
    "1 in [true]": False,
    "properties.count >= 3 and properties.count <= 3 and !(properties.count < 3) and -1 < 0": True,
    "properties.on": True,
    "!properties.on": False,
    "!!properties.on": True,
    "true or false and false": True,
    "false and true or true": True,
    "null and true": False,
    "null or true": True,
    "typeof(userId) = 'number' and userId > 5": False,
    "typeof(userId) = 'null' or userId > 5": True,
    "event.name = null": True,
    "match('a\nb', 'a*')": True,
    "match('-', '[a-]')": True,
    "match('aaa', '*a*a*')": True,
    "match('ab', '*a*a*')": False,
}

INVALID = {
    'userId = oops"': "unexpected",
    "": "unexpected end",
    "type =": "unexpected end",
    "(type": "unexpected end",
    "type = 'track')": r"unexpected '\)'",
    "type 'track'": "unexpected",
    "and": "unexpected 'and'",
    "type = 'a' = 'b'": "unexpected '='",
    "[1 2]": "unexpected '2'",
    "hash(userId)": "unknown function 'hash'; the sandbox supports bool, contains",
    "contains('a')": "contains takes 2 arguments, not 1",
    "length()": "length takes 1 argument, not 0",
    "(" * 51 + "true" + ")" * 51: "nested deeper than 50",
    "!" * 51 + "true": "nested deeper than 50",
}

UNDEFINED = {
    "userId > 5": "> takes a number, not a value of type null",
    "'a' < 'b'": "< takes a number",
    "!userId": "! takes a bool",
    "!event = 'x'": "! takes a bool",
    "event and true": "and takes a bool or a null",
    "true and event": "and takes a bool or a null",
    "event in type": "in takes a list",
    "context = 1": "not a value of type object",
    "contains(properties.features, 'x')": "contains takes a string or a null",
    "contains('x', null)": "contains takes a string",
    "length(3)": "length takes a list or a string or a null",
    "bool('yes')": "Segment does not document the result of bool for this string",
    "string(1.5)": "Segment does not document the result of string for this number",
    "number('1e3')": "Segment does not document the result of number for this string",
    "match('a', '[!b]')": "Segment does not document the meaning",
    "match('a', '[b')": r"has a \[ without a \]",
    "match('a', properties.backslash)": "ends with a backslash",
}


@pytest.mark.parametrize(("statement", "expected"), (DOCUMENTED | RULES).items())
def test_a_valid_statement_is_evaluated(statement: str, expected: bool) -> None:
    assert bool(parse_fql(statement)(EVENT)) is expected


@pytest.mark.parametrize(("statement", "message"), INVALID.items())
def test_an_invalid_statement_is_refused_without_an_event(statement: str, message: str) -> None:
    with pytest.raises(FqlError, match=message):
        parse_fql(statement)


@pytest.mark.parametrize(("statement", "message"), UNDEFINED.items())
def test_what_the_documentation_does_not_define_is_not_evaluated(statement: str, message: str) -> None:
    expression = parse_fql(statement)

    with pytest.raises(FqlError, match=message):
        expression(EVENT)
