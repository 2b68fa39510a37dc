/** Chat templates rendered by transformers and by us, side by side. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TemplateError } from '../../../src/model/templates/errors.ts';
import { Template } from '../../../src/model/templates/template.ts';
import { parseExact } from '../../../src/text/exact-json.ts';
import { type Chats, differences, type Rendered } from '../../helpers/chat-renders.ts';
import { hasPackages } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';

const REFERENCES = join(import.meta.dirname, '../../references');
const TIMEOUT = { timeout: 600_000 };

const hasTrl = hasPackages(['transformers', 'trl'], 'no chat templates were rendered with them');

const reference = (command: string): Promise<string> =>
  printedByPython([join(REFERENCES, 'chat_templates.py'), command]);

describe.skipIf(!hasTrl)('chat templates (needs GRPO_TEST_PYTHON with trl)', () => {
  it('that come with TRL give what transformers gives, or are refused by both', TIMEOUT, async () => {
    const chats: Chats = JSON.parse(await reference('shipped'));
    const names = Object.keys(chats.templates);
    expect(names.length).toBeGreaterThan(50);
    expect(names.flatMap((name) => differences(chats, name))).toEqual([]);
  });

  it(
    'give no other text than Jinja2 for any operator, filter, test and method with values of every type',
    TIMEOUT,
    async () => {
      const { context, groups } = parseExact(await reference('matrix')) as {
        context: Record<string, unknown>;
        groups: { matrix: ({ template: string } & Rendered)[] };
      };
      const wrong: string[] = [];
      let equal = 0;
      for (const { template, text, error } of groups.matrix) {
        try {
          const ours = new Template(template).render(context);
          if (ours === text) equal++;
          else wrong.push(`${template}: ${JSON.stringify(ours)}, but ${JSON.stringify(text ?? error)}`);
        } catch (refusal) {
          if (!(refusal instanceof TemplateError)) throw refusal;
          if (text === undefined) equal++;
        }
      }
      expect(wrong).toEqual([]);
      // What is refused though Jinja2 renders it: functions and generators printed, parts of HTML text, sets made of dicts.
      expect(equal / groups.matrix.length).toBeGreaterThan(0.93);
    },
  );

  it('are recorded in the fixtures as this version renders them', TIMEOUT, async () => {
    const recorded = readFileSync(join(REFERENCES, 'fixtures/chat-templates/constructs.json'), 'utf8');
    expect(await reference('constructs')).toBe(recorded);
  });
});
