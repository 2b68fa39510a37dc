/** The chat templates that come with TRL, rendered by transformers and by us. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Chats, differences } from '../../helpers/chat-renders.ts';

const REFERENCES = join(import.meta.dirname, '../../references');

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const trlMissing = spawnSync(python, ['-c', 'import transformers, trl']).status !== 0;
if (trlMissing) {
  console.log(`Skipped: ${python} has no trl, so its chat templates were not rendered (set GRPO_TEST_PYTHON).`);
}

describe.skipIf(trlMissing)('chat templates (needs GRPO_TEST_PYTHON with trl)', () => {
  let chats: Chats;
  beforeAll(() => {
    const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
    chats = JSON.parse(execFileSync(python, [join(REFERENCES, 'chat_templates.py'), 'shipped'], options));
  }, 300_000);

  it('that come with TRL give what transformers gives, or are refused by both', { timeout: 300_000 }, () => {
    const names = Object.keys(chats.templates);
    expect(names.length).toBeGreaterThan(50);
    expect(names.flatMap((name) => differences(chats, name))).toEqual([]);
  });
});
