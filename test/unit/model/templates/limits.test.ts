/** Templates come with models from anywhere: none may hang the program or fill the memory. */
import { describe, expect, it } from 'vitest';
import { TemplateError } from '../../../../src/model/templates/errors.ts';
import { Template } from '../../../../src/model/templates/template.ts';

const ENDLESS = /takes too long/;
const LONG = /makes a text of more than|makes too long a text/;
const DEEP = /too deeply/;

const each = (times: number, body: string) => `{% for i in range(${times}) %}${body}{% endfor %}`;
const grown = (start: string, next: string, shown = '') =>
  `{% set ns = namespace(v=${start}) %}${each(100, `{% set ns.v = ${next} %}`)}${shown}`;

const CASES: [name: string, template: string, reason: RegExp][] = [
  ['a range of a billion', each(1e9, 'x'), /gives more than 100000 numbers/],
  ['loops in loops', each(100000, each(100000, '')), ENDLESS],
  ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', DEEP],
  [
    'macros that call each other',
    '{% macro f() %}{% call g() %}{{ f() }}{% endcall %}{% endmacro %}{% macro g() %}{{ caller() }}{% endmacro %}{{ f() }}',
    DEEP,
  ],
  ['a recursive loop without end', '{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}', DEEP],
  ['a text doubled', grown("'ab'", 'ns.v + ns.v'), LONG],
  ['a text joined to itself', grown("'ab'", 'ns.v ~ ns.v'), LONG],
  ['a text replaced by more', grown("'aa'", "ns.v.replace('a', 'aaaa')"), LONG],
  ['a list doubled', grown('[1]', 'ns.v + ns.v'), ENDLESS],
  ['a list in itself twice, printed', grown('[1]', '[ns.v, ns.v]', '{{ ns.v }}'), ENDLESS],
  ['a list in itself twice, as JSON', grown('[1]', '[ns.v, ns.v]', '{{ ns.v|tojson }}'), ENDLESS],
  [
    'lists in themselves twice, compared',
    `{% set a = namespace(v=[1]) %}{% set b = namespace(v=[1]) %}${each(100, '{% set a.v = [a.v, a.v] %}{% set b.v = [b.v, b.v] %}')}{{ a.v == b.v }}`,
    ENDLESS,
  ],
  ['a number squared', grown('10', 'ns.v * ns.v'), /number of so many digits/],
  ['a power', '{{ 10 ** 1000000000 }}', /power of so many digits/],
  ['a text many times', "{{ 'x' * 10000000000 }}", LONG],
  ['a list many times', '{{ [0] * 10000000000 }}', ENDLESS],
  ['a text in the middle of a wide one', "{{ 'x'.center(10000000000) }}", LONG],
  ['a wide format', "{{ '%10000000000d' % 1 }}{{ '{:10000000000}'.format(1) }}", LONG],
  ['a wide indent', "{{ 'x'|indent(10000000000, true) }}", LONG],
  ['a long output', each(100000, "{{ 'x' * 1000 }}"), LONG],
  [
    'a set block with itself twice',
    grown("'x'", 'ns.v').replace('{% set ns.v = ns.v %}', '{% set t %}{{ ns.v * 2 }}{% endset %}{% set ns.v = t %}'),
    LONG,
  ],
  ['lists without end', each(1000, '{% set x = range(100000)|sort %}'), ENDLESS],
  ['a long text looked through again and again', each(100000, "{% set x = long.find('zz') %}"), ENDLESS],
  ['many decimals', each(100000, "{{ '%.300f' % 1.5e300 }}"), ENDLESS],
  ['many parentheses', `{{ ${'('.repeat(20000)}1${')'.repeat(20000)} }}`, DEEP],
  ['many blocks', '{% if 1 %}'.repeat(20000) + '{% endif %}'.repeat(20000), DEEP],
];

describe('a template stops in time', () => {
  it.each(CASES)('%s', (_name, template, reason) => {
    const render = () => new Template(template).render({ long: 'x y'.repeat(1e6) });
    expect(render).toThrow(TemplateError);
    expect(render).toThrow(reason);
  });

  it('and the next one is rendered as if nothing had happened', () => {
    expect(() => new Template(each(100000, each(100000, ''))).render({})).toThrow(ENDLESS);
    expect(new Template(each(10000, '{{ i % 10 }}')).render({})).toHaveLength(10000);
  });

  it('but not for a long chat', () => {
    const template = new Template(
      "{% for m in messages %}{{ '<|' ~ m.role ~ '|>' + m.content|trim + '\\n' }}{% if m.content.startswith('x') and loop.last %}{{ m.content.split('y')|length }}{% endif %}{% endfor %}",
    );
    const messages = Array.from({ length: 500 }, () => ({ role: 'user', content: 'x'.repeat(10000) }));
    expect(template.render({ messages })).toHaveLength(500 * (10000 + 9) + 1);
  });
});
