/** Our templates give Jinja2's text, or refuse. The fixture is what transformers' environment gave: test/references/chat_templates.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type NotSupported, TemplateError } from '../../../../src/model/templates/errors.ts';
import { Template } from '../../../../src/model/templates/template.ts';
import { parseExact } from '../../../../src/text/exact-json.ts';
import { type Chats, differences, type Rendered } from '../../../helpers/chat-renders.ts';

const FIXTURES = join(import.meta.dirname, '../../../references/fixtures/chat-templates');
const read = (name: string): unknown => parseExact(readFileSync(join(FIXTURES, name), 'utf8'));

interface Constructs {
  context: Record<string, unknown>;
  groups: Record<string, ({ template: string } & Rendered)[]>;
}

/** What Jinja2 renders and we do not, by what our message names. Everything else must be equal. */
const REFUSED = [
  'printing what a filter or generator gives',
  'printing a value of type function',
  'the escape \\N',
  'half of a surrogate pair',
  'a value of type NoneType cannot be sliced',
  '"%e" in a format',
  'the letter "ß" at the start of a word',
  '"isdigit" of a text with such numerals',
  'the format "e" of a float',
  'the method "encode" of a text',
  '"+" with HTML text',
  'a filter on HTML text',
  'the filter "urlencode"',
  'the filter "wordwrap"',
  'the filter "filesizeformat"',
  'the filter "pprint"',
  'the filter "xmlattr"',
  'the filter "striptags"',
  'the filter "urlize"',
  'the filter "forceescape"',
  '"is sameas" between numbers',
  'the tag "block"',
  'the tag "autoescape"',
  'the function "lipsum"',
  'the name "self"',
  'the name "é"',
  'a power of a negative constant',
];

const { context, groups } = read('constructs.json') as Constructs;

describe.each(Object.entries(groups))('%s', (_group, cases) => {
  it.each(cases)('$template', ({ template, text }) => {
    let ours: string | undefined;
    try {
      ours = new Template(template).render(context);
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
      const { message } = error as TemplateError;
      if (text !== undefined) expect(REFUSED.filter((what) => message.includes(what))).toHaveLength(1);
      return;
    }
    expect(ours).toBe(text);
  });
});

it('refuses by name only what is listed', () => {
  const messages = Object.values(groups)
    .flat()
    .flatMap(({ template, text }) => {
      try {
        new Template(template).render(context);
      } catch (error) {
        return text === undefined ? [] : [(error as NotSupported).message];
      }
      return [];
    });
  for (const what of REFUSED)
    expect(
      messages.some((message) => message.includes(what)),
      what,
    ).toBe(true);
});

describe('templates like those of well-known families', () => {
  const families = read('families.json') as Chats;
  it.each(Object.keys(families.templates))('%s', (name) => {
    expect(differences(families, name)).toEqual([]);
  });
});
