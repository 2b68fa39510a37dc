/** How soon a preview follows an edit: from the request to the full result, through the process that an editor hosts. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type PreviewRequest, type PreviewResult, previewEvent } from '../src/protocol/preview.ts';
import { median } from './statistics.ts';

const SAMPLES = 100;
const EDITS = 20;
/** As after a pause in typing: what is made ready after an edit is ready for the next one. */
const PAUSE_MILLISECONDS = 500;

const TYPESCRIPT = (edit: number) => `import type { RewardInput } from 'grpo/rewards';
export function digits({ completion, answer }: RewardInput<{ answer: string }>) {
  const found = completion.match(/\\d+/)?.[0];
  return found === undefined ? null : { score: found === answer ? ${edit + 1} : 0, extracted: found };
}
export const brief = ({ completion }: RewardInput) => 1 / completion.length;
`;
const PYTHON = (edit: number) => `import re

def digits(completions, answer, **kwargs):
    found = [re.search(r"\\d+", text) for text in completions]
    return [None if match is None else float(match[0] == right) * ${edit + 1} for match, right in zip(found, answer)]

def brief(completions, **kwargs):
    return [1 / len(text) for text in completions]
`;
const LANGUAGES = [
  { name: 'TypeScript', file: 'bench.reward.ts', text: TYPESCRIPT },
  { name: 'Python', file: 'bench.py', text: PYTHON },
];

export async function benchPreview(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  const samples = Array.from({ length: SAMPLES }, (_, row) => ({
    prompt: `Question ${row >> 2}`,
    answer: String(row >> 2),
    completion: `It is ${row % 4 === 0 ? row >> 2 : row}.`,
  }));
  writeFileSync(join(folder, 'bench.samples.jsonl'), samples.map((row) => `${JSON.stringify(row)}\n`).join(''));
  console.log(`| ${SAMPLES} samples, 2 functions | first | median of ${EDITS} edits | slowest |\n|---|---|---|---|`);
  try {
    for (const { name, file, text } of LANGUAGES) {
      writeFileSync(join(folder, file), text(0));
      const [first, ...edits] = await measure(folder, file, text);
      console.log(`| ${name} | ${words(first!)} | ${words(median(edits))} | ${words(Math.max(...edits))} |`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const words = (milliseconds: number): string => `${milliseconds.toFixed(0)} ms`;

/** Milliseconds of the first request, which starts everything, and of each edit. */
async function measure(folder: string, name: string, text: (edit: number) => string): Promise<number[]> {
  const file = join(folder, name);
  const child = fork(resolve('dist/preview.js'));
  const ask = (id: number) =>
    new Promise<PreviewResult>((resolve) => {
      const request: PreviewRequest = {
        type: 'preview',
        id,
        subject: file,
        rewards: [{ file, weight: 1 }],
        samples: { file: join(folder, 'bench.samples.jsonl') },
        dataset: null,
        texts: [{ file, text: text(id) }],
        model: null,
        settings: {
          scaleRewards: 'group',
          multiObjectiveAggregation: 'sum_then_normalize',
          rewardTimeoutSeconds: 10,
          python: null,
        },
        reuse: true,
      };
      const onMessage = (message: unknown) => {
        const event = previewEvent.parse(message);
        if (event.type !== 'result' || event.id !== id || !event.done) return;
        child.off('message', onMessage);
        resolve(event);
      };
      child.on('message', onMessage);
      child.send(request);
    });
  try {
    const times: number[] = [];
    for (let id = 0; id <= EDITS; id++) {
      const started = performance.now();
      const { computed, problems } = await ask(id);
      times.push(performance.now() - started);
      if (computed !== 2 * SAMPLES) throw new Error(`${computed} outcomes were computed: ${JSON.stringify(problems)}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
    }
    return times;
  } finally {
    child.disconnect();
  }
}
