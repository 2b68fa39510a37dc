import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BadInput } from '../../../src/protocol/errors.ts';
import { brief, folderWith, open, outcomesOf } from './workspace.ts';

const REWARD = `import { rewardModel } from 'grpo/rewards';

export const quality = await rewardModel({ model: '../models/judge', batchSize: 2 });
`;

/** The interface of @huggingface/transformers, with a model that counts characters. */
const TRANSFORMERS = `
export const env = { allowRemoteModels: true };
let loads = 0;
const files = (name) => {
  if (env.allowRemoteModels || !env.localModelPath.endsWith('models')) throw new Error('not offline');
  if (name !== 'judge') throw new Error('no model ' + name);
};
export const AutoTokenizer = {
  async from_pretrained(name) {
    files(name);
    const tokenizer = (texts, { padding }) => ({ texts, padding });
    tokenizer.apply_chat_template = (messages) => messages.map(({ role, content }) => role[0] + content).join('');
    return tokenizer;
  },
};
export const AutoModelForSequenceClassification = {
  async from_pretrained(name, { dtype }) {
    files(name);
    loads++;
    return async ({ texts, padding }) => {
      if (texts.length > 2 || !padding || dtype !== 'fp32' || loads !== 1) throw new Error('called otherwise');
      return { logits: { tolist: () => texts.map((text) => [text.length, -1]) } };
    };
  },
};
`;
const PACKAGE = 'node_modules/@huggingface/transformers';

test('a model is loaded once, offline, and scores prompt and completion in batches', async () => {
  const folder = folderWith({
    'rewards/judge.reward.ts': REWARD,
    [`${PACKAGE}/package.json`]: '{ "name": "@huggingface/transformers", "type": "module", "exports": "./index.js" }',
    [`${PACKAGE}/index.js`]: TRANSFORMERS,
  });
  const set = await open([{ file: join(folder, 'rewards/judge.reward.ts') }]);
  const chat = [{ role: 'user', content: '12345' }];
  const batch = { prompts: ['abc', 'abc', chat], completions: ['', 'defg', 'xy'], columns: {} };
  expect(brief(await outcomesOf(set, batch))).toEqual([3, 7, 9]);
  expect(brief(await outcomesOf(set, batch))).toEqual([3, 7, 9]);
});

test('without the package, one sentence says how to get it', async () => {
  const folder = folderWith({ 'rewards/judge.reward.ts': REWARD });
  const error = await open([{ file: join(folder, 'rewards/judge.reward.ts') }]).catch((reason) => reason);
  expect(error).toBeInstanceOf(BadInput);
  expect(error.message).toContain('run "npm install @huggingface/transformers" in its folder or one above.');
  expect(error.problem.place).toMatchObject({ file: expect.stringMatching(/judge\.reward\.ts$/), line: 3 });
});
