"""Templates that put every operator, filter, test and method to values of every type: some thousands, for tests with Python at hand."""

VALUES = [
    "none", "yes", "n", "zero", "neg", "x", "whole", "10**20", "s", "empty", "emoji", "' Ab\\tc-d '", "'12'", "'1.5'",
    "list", "words", "mixed", "d", "users", "missing", "(1, 2)", "()", "range(4)", "d.items()", "words|map('upper')",
    "(s|safe)", "namespace(a=1)", "range", "{1: 2}",
]  # fmt: skip

FILTERS = [
    "abs", "batch(2)|list", "capitalize", "center(9)", "count", "default('D')", "default('D', true)", "dictsort", "escape",
    "first", "float(2)", "int", "int(none)", "items|list", "join('-')", "last", "list", "lower", "map('length')|list",
    "map(attribute='name')|list", "map(attribute=0)|list", "max", "min", "reject|list", "replace('a', 'b')", "reverse",
    "reverse|list", "round", "round(-1)", "round(1, 'floor')", "safe", "select('string')|list", "selectattr('name')|list",
    "selectattr(0)|list", "slice(2)|list", "sort", "sort(reverse=true)", "string", "sum", "title", "tojson",
    "tojson(indent=2)", "trim", "trim('a ')", "truncate(4, true)", "unique|list", "upper", "wordcount", "indent(2, true)",
    "format(1)", "attr('upper')", "groupby('age')|list", "groupby(0)|list",
]  # fmt: skip

TESTS = [
    "odd", "divisibleby 2", "defined", "none", "boolean", "true", "integer", "float", "lower", "upper", "string", "mapping",
    "number", "sequence", "iterable", "callable", "escaped", "in list", "in s", "in d", "eq 1", "lt 2", "ge 'a'", "sameas none",
]  # fmt: skip

ENDINGS = [
    "[0]", "[-1]", "[1:]", "[::-1]", "['a']", ".a", ".0", ".items", "[none]", "[true]", ".get('a')", ".keys()|list",
    ".strip()", ".split()", ".title()", ".count('a')", ".index('a')", ".copy()", ".join(words)", ".startswith('a')",
    ".format(1)", ".splitlines()", "()", ".swapcase()", ".zfill(8)", ".real", ".a.b", ".find('b')", ".isalnum()",
]  # fmt: skip

WHOLE = [
    "{{ V }}|{{ [V] }}|{{ not V }}|{{ V ~ 'z' }}",
    "{% for i in V %}{{ i }}{{ loop.last }},{% endfor %}",
    "{% for a, b in V %}{{ a }}{% endfor %}",
    "{{ -V }}",
    "{{ dict(V) }}",
    "{{ {V: 1} }}",
    "{{ '%s|%r' % (V, V) }}",
    "{{ '%s' % V }}",
    "{{ '%d' % V }}",
    "{{ '{}|{!r}|{:>12}'.format(V, V, V) }}",
    "{{ '{:.2f}'.format(V) }}",
    "{{ s[V:] }}{{ list[:V] }}",
]

OPERATORS = ["+", "-", "*", "/", "//", "%", "==", "<", "in", "and", "or"]
OPERANDS = [
    "none", "yes", "n", "neg", "x", "s", "'%s'", "list", "d", "missing", "(1, 2)", "range(4)", "d.keys()",
]  # fmt: skip


def matrix():
    for value in VALUES:
        value = f"({value})"
        yield from (f"{{{{ {value}|{filter} }}}}" for filter in FILTERS)
        yield from (f"{{{{ {value} is {test} }}}}" for test in TESTS)
        yield from (f"{{{{ {value}{ending} }}}}" for ending in ENDINGS)
        yield from (template.replace("V", value) for template in WHOLE)
    for left in OPERANDS:
        for right in OPERANDS:
            yield from (f"{{{{ ({left}) {operator} ({right}) }}}}" for operator in OPERATORS)
            yield f"{{{{ ({left}) ** ({right}) if n is defined }}}}"
