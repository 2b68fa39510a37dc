import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { parsePeftConfig } from '../../../src/model/files/peft-config.ts';
import { adaptedModules, loraProblem } from '../../../src/model/lora-targets.ts';

const FIXTURES = join(import.meta.dirname, '../../references/fixtures');

interface Case {
  fields: object;
  /** Rank and scale; null where PEFT refuses the config. */
  modules: Record<string, [r: number, scale: number]> | null;
}

/** test/references/adapters.py: random configs, and what PEFT puts on which modules for each. */
const cases: Case[] = JSON.parse(readFileSync(join(FIXTURES, 'adapters/targets.json'), 'utf8'));

it('adapters go where PEFT puts them, with its ranks and scales', () => {
  const model = readModelConfig(join(FIXTURES, 'models/qwen3'));
  for (const { fields, modules } of cases) {
    const json = { peft_type: 'LORA', base_model_name_or_path: 'a-model', ...fields };
    const adapted = { ...model, ...parsePeftConfig(json, 'adapter_config.json') };
    const what = JSON.stringify(fields);
    if (modules === null) {
      expect(loraProblem(adapted), what).toBeDefined();
      continue;
    }
    expect(loraProblem(adapted), what).toBeUndefined();
    const ours = [...adaptedModules(adapted)].map(([name, { r, scale }]) => [name, [r, scale]]);
    expect(Object.fromEntries(ours), what).toEqual(modules);
  }
});
