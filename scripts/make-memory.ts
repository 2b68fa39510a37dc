// Writes what models take, from what was measured of some: `node scripts/make-memory.ts`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { memoryOfModels } from '../bench/models/expected.ts';
import { readMeasured } from '../bench/models/measured.ts';

export const MEMORY_FILE = fileURLToPath(new URL('../src/extension/get-model/memory.ts', import.meta.url));

/** The text of that file. */
export function makeMemory(): string {
  const rows = Object.entries(memoryOfModels(readMeasured())).map(
    ([id, { int4, lora, all }]) => `  '${id}': { int4: '${int4}', lora: '${lora}', all: '${all}' },\n`,
  );
  const about =
    '/** The most that the trainer takes: with an adapter on the model in 4 bits, with an adapter, and with all weights. Made by `npm run docs`. */';
  return `${about}\nexport const MEMORY = {\n${rows.join('')}} satisfies Record<string, { int4: string; lora: string; all: string }>;\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MEMORY_FILE, makeMemory());
