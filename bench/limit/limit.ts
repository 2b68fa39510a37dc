/** How much of the rate at which this machine multiplies matrices a step uses, both measured in the same run. */
import { loadRunConfig } from '../../src/config/load-config.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { checkedModel } from '../../src/trainer/checked-model.ts';
import { versions } from '../../src/trainer/versions.ts';
import { machine } from '../machine.ts';
import { measureAlone } from '../peer.ts';
import { readPeerOptions } from '../peer-options.ts';
import { median } from '../statistics.ts';
import { overrides, subjectConfig } from '../subject.ts';
import { duration, listOf, row, workLine } from '../words.ts';
import { type StepFlops, stepFlops } from './flops.ts';
import { productRate } from './rate.ts';

const TITLES: Record<keyof StepFlops, string> = {
  ...{ rollout: 'rollout', logprobs: 'reference log-probs', update: 'update' },
};
/** Rows from which on products are as fast as they get; a step's parts have at least so many. */
const MANY_ROWS = 512;

export async function benchLimit(args: string[]): Promise<void> {
  const options = readPeerOptions('limit', [...args, '--alone']);
  const { configFile, fields } = subjectConfig(options);
  const config = checkedModel(loadRunConfig(configFile, { set: overrides(fields) }));
  const engine = new OnnxEngine();
  const rows = options.prompts * options.generations;
  const rates = async () => ({
    few: await productRate(engine, config, rows),
    many: await productRate(engine, config, MANY_ROWS),
  });
  const before = await rates();
  const { steps } = await measureAlone(options);
  const after = await rates();
  const [few, many] = [Math.max(before.few, after.few), Math.max(before.many, after.many)];

  const phases = Object.keys(TITLES) as (keyof StepFlops)[];
  const lines = phases.map((phase) => {
    const rate = phase === 'rollout' ? few : many;
    const flops = median(
      steps.map(
        (step) => stepFlops(config, { prompts: step.prompt_lengths, completions: step.completion_lengths })[phase],
      ),
    );
    const seconds = median(steps.map((step) => step[phase].seconds));
    const share = `${((100 * flops) / seconds / rate).toFixed(0)} %`;
    return row(TITLES[phase], (flops / 1e9).toFixed(0), duration(seconds), (rate / 1e9).toFixed(0), share);
  });
  console.log(
    [
      row('', 'GFLOP', 'time', 'GFLOP/s of its products alone', 'share'),
      '|---|---|---|---|---|',
      ...lines,
      '',
      `\`${['npm run bench -- limit', ...args].join(' ')}\``,
      workLine(options),
      `Products of ${rows} rows for the rollout, of ${MANY_ROWS} for the rest, measured before and after the step, the faster of both.`,
      `Medians of ${steps.length} steps on ${machine()}.`,
      `${listOf(versions())}.`,
    ].join('\n'),
  );
}
