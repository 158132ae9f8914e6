"""Templates that somebody hostile, or careless, might put in the place of a letter's or a form's."""

DOUBLING = "{% set ns = namespace(s='aaaa') %}{% for i in range(60) %}{% set ns.s = HOW %}{% endfor %}"
REACHING = (
    "{{ ''.__class__ }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ letter.__class__.__init__.__globals__ }}", "{{ letter.__dict__ }}",
    "{{ letter.__init__.__globals__['os'] }}", "{{ self.__init__.__globals__ }}", "{{ self._TemplateReference__context }}", "{{ range.__self__ }}",
    "{{ namespace.__init__.__globals__ }}", "{{ lipsum.__globals__['os'].popen('id').read() }}", "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__ }}", "{{ letter|attr('__class__') }}", "{{ ''|attr('\\x5f\\x5fclass\\x5f\\x5f') }}", "{{ ['']|map(attribute='__class__')|list }}",
    "{{ [letter]|map('attr', '__class__')|list }}", "{{ ['']|map(attribute='__class__.__mro__')|first }}", "{{ ''['__class__'] }}",
    "{{ [letter]|selectattr('__class__')|map(attribute='__class__')|list }}", "{{ '{0.__class__}'.format('') }}", "{{ '{0.__init__.__globals__}'|format(letter) }}",
    "{{ '{x.__class__}'.format_map({'x': letter}) }}", "{% set f = ''.format %}{{ f('x') }}", "{{ 'a'.encode().__class__ }}", "{{ letter.lines.__class__ }}",
    "{% include '../../../etc/passwd' %}", "{% include '/etc/passwd' %}", "{% include '..\\\\..\\\\x' %}", "{% import 'os' as os %}{{ os }}",
    "{% from '/etc/passwd' import x %}", "{% extends '../render.py' %}", "{% include 'call/../../render.py' %}", "{{ config }}", "{{ request }}",
    "{{ environment }}", "{{ _spent }}", "{{ letter.kind.__class__ }}", "{{ (letter.lines|first).due_on.__reduce__() }}", "{{ ''.join.__self__ }}",
    "{% trans %}{{ x }}{% endtrans %}", "{{ _('x') }}", "{{ gettext('%(a)s', a=letter.__class__) }}", "{{ letter.salutation.mro() }}", "{% debug %}",
    "{% do letter.lines.append(1) %}", "{{ letter.extra.update(a=1) }}", "{{ loop.__init__ }}", "{{ caller() }}", "{{ undefined_thing.x }}", "{{ letter.nothing }}",
)  # fmt: skip
"""What would read, call or change what a letter does not hold."""
COSTLY = (
    "{{ 'a' * 20000000 }}", "{{ 9 ** 9 ** 9 }}", "{{ '%099999999d' % 1 }}", "{{ '%099999999d'|format(1) }}", "{{ '%*d'|format(99999999, 1) }}",
    "{{ 'a'|center(99999999) }}", "{{ 'a'.ljust(99999999) }}", "{{ 'a'.zfill(99999999) }}", "{{ 'a'|pad(99999999) }}", "{{ 'a'|indent(99999999) }}",
    "{{ '\\t'.expandtabs(99999999) }}", "{{ 'a'|replace('a', 'aaaaaaaaaa') }}", "{{ 'a'.replace('', 'b') }}", "{{ range(99999999)|list }}",
    "{{ range(100000)|join }}", "{{ [1]|batch(99999999, 'x')|list }}", "{{ 'ab'|slice(99999999)|list }}", "{{ (1).to_bytes(99999999, 'big') }}",
    "{{ 1.5|round(99999999) }}", "{{ letter.signed_on.strftime('%099999999d') }}", "{{ lipsum(n=99999) }}", "{{ 'a'|wordwrap(1) }}",
    "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(999) %}{% for b in range(999) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }}{% endfor %}{% endfor %}",
    "{% set x %}{% for a in range(999) %}{% for b in range(999) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}{% endfor %}{% endset %}",
    "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    DOUBLING.replace("HOW", "ns.s ~ ns.s"), DOUBLING.replace("HOW", "ns.s + ns.s"), DOUBLING.replace("HOW", "[ns.s, ns.s]|join"),
    DOUBLING.replace("HOW", "'%s%s'|format(ns.s, ns.s)"), DOUBLING.replace("s='aaaa'", "s=[1, 1]").replace("HOW", "ns.s + ns.s"),
    "{% macro d(s) %}{{ s }}{{ s }}{% endmacro %}" + DOUBLING.replace("HOW", "d(ns.s)"),
    "{% for x in letter.lines recursive %}{{ loop(letter.lines) }}{{ loop(letter.lines) }}{% endfor %}", "{% block a %}{{ self.a() }}{% endblock %}",
    "{% include 'call/body.txt' %}", "{% extends 'call/body.txt' %}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{% if 1 %}" * 3000,
)  # fmt: skip
"""What would eat time or memory."""
