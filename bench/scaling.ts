/** Whether a step costs the same per token when it is larger: ours alone, at 1, 2 and 4 times the completions, and their length. */
import { BadInput } from '../src/protocol/errors.ts';
import { versions } from '../src/trainer/versions.ts';
import { perToken } from './alone-report.ts';
import { machine } from './machine.ts';
import { measureAlone } from './peer.ts';
import { readPeerOptions } from './peer-options.ts';
import { listOf, mebibytes, row, workLine } from './words.ts';

const TIMES = [
  { prompts: 1, tokens: 1 },
  { prompts: 2, tokens: 1 },
  { prompts: 4, tokens: 1 },
  { prompts: 1, tokens: 2 },
  { prompts: 1, tokens: 4 },
];

/** Takes the options of `peer --alone`, but for --json: rows are printed as they come. */
export async function benchScaling(args: string[]): Promise<void> {
  const options = readPeerOptions('scaling', [...args, '--alone']);
  if (options.json)
    throw new BadInput('npm run bench -- scaling: there is no --json; peer --alone --json has it for one row.');
  console.log('ms per completion token, in brackets as a multiple of the first row\n');
  console.log(row('prompts × completions × tokens', 'rollout', 'reference log-probs', 'update', 'whole step', 'peak'));
  console.log('|---|---|---|---|---|---|');
  let first: number[] | undefined;
  for (const times of TIMES) {
    const { tokens: length } = options;
    const prompts = options.prompts * times.prompts;
    const tokens =
      typeof length === 'number'
        ? length * times.tokens
        : { shortest: length.shortest * times.tokens, longest: length.longest * times.tokens };
    const { steps } = await measureAlone({ ...options, prompts, tokens });
    const costs = (['rollout', 'logprobs', 'update', 'step'] as const).map((phase) => 1000 * perToken(steps, phase));
    first ??= costs;
    const cells = costs.map((cost, index) => `${cost.toFixed(2)} (${(cost / first![index]!).toFixed(2)}×)`);
    const most = typeof tokens === 'number' ? tokens : `${tokens.shortest}-${tokens.longest}`;
    const peak = Math.max(...steps.map((step) => step.peak_rss_bytes));
    console.log(row(`${prompts} × ${options.generations} × ${most}`, ...cells, mebibytes(peak)));
  }
  console.log(`\n\`${['npm run bench -- scaling', ...args].join(' ')}\``);
  console.log(`First row: ${workLine(options)}`);
  console.log(`Medians of ${options.steps} steps on ${machine()}.`);
  console.log(`${listOf(versions())}.`);
}
