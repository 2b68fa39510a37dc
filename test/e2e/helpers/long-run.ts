import { createWriteStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRun } from './runs.ts';

/** A run folder with the metrics of `steps` steps, made of a few real ones with a slow rise and noise; returns the file's bytes. */
export async function makeLongRun(workspace: string, steps: number): Promise<number> {
  const folder = makeRun(workspace, 'sort.grpo.json', { maxSteps: 8 });
  const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  const out = createWriteStream(join(folder, 'metrics.jsonl'));
  let noise = 1;
  for (let step = 1; step <= steps; step++) {
    const row: Record<string, number> = { ...rows[step % rows.length]!, step };
    for (const key of Object.keys(row)) {
      noise = (noise * 48_271) % 2_147_483_647;
      if (key !== 'step' && row[key]) row[key] *= 0.8 + (0.4 * noise) / 2_147_483_647 + step / steps;
    }
    if (!out.write(`${JSON.stringify(row)}\n`))
      await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  }
  await new Promise<void>((resolve) => out.end(() => resolve()));
  const info = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
  writeFileSync(
    join(folder, 'run.json'),
    JSON.stringify({ ...info, step: steps, config: { ...info.config, maxSteps: steps } }),
  );
  const rollouts = join(folder, 'rollouts');
  const [last] = readdirSync(rollouts).sort().toReversed();
  writeFileSync(
    join(rollouts, `step-${String(steps).padStart(6, '0')}.jsonl`),
    readFileSync(join(rollouts, last!), 'utf8').replaceAll(/"step":8\b/g, `"step":${steps}`),
  );
  return out.bytesWritten;
}
