/** Training on WebGPU from recorded rollouts, through the command, against TRL's own GRPOTrainer. */
import { describe, expect, test } from 'vitest';
import { expectTrlWeights, prepareTrlRun } from '../integration/training/trl-run.ts';
import { eventsOf, runGrpo } from '../integration/training/workspace.ts';

// The KL term and its reference, passes that share log-probabilities, added gradients, an adapter, another architecture.
const runs = ['grpo-kl', 'dapo-iterations-accumulation', 'qwen3', 'lora', 'lora-rank-stabilised'];

describe('training on WebGPU equals TRL', () => {
  test.each(runs)('%s', async (name) => {
    const { configFile, rollouts, out, resume } = await prepareTrlRun(name);
    const options = ['--rollouts', rollouts, '--out', out, '--set', 'device=webgpu', '--json'];
    const { status, stdout, stderr } = await runGrpo('train', configFile, ...options, ...(resume ? ['--resume'] : []));
    expect(status, stderr).toBe(0);
    const events = eventsOf(stdout);
    expect(events.find(({ type }) => type === 'start')).toMatchObject({ device: 'webgpu' });
    const end = events.at(-1);
    if (end?.type !== 'end') throw new Error(`the last event is ${JSON.stringify(end)}`);
    expectTrlWeights(name, end.checkpoint!, { tolerance: 1e-4, updateTolerance: 1e-2 });
  });
});
