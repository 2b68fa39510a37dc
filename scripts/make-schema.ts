// Writes schemas/grpo.schema.json from the run config's zod schema: `node scripts/make-schema.ts`.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runConfigFields } from '../src/protocol/run-config.ts';

export const schemaFile = fileURLToPath(new URL('../schemas/grpo.schema.json', import.meta.url));

/** Draft 7, the newest draft that VS Code's JSON support knows in full; `input`: fields with a default may be missing. */
export function makeSchema(): unknown {
  const { $schema, ...schema } = z.toJSONSchema(runConfigFields, { target: 'draft-7', io: 'input' });
  return { $schema, title: 'GRPO Lab run config', allowComments: true, allowTrailingCommas: true, ...schema };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(schemaFile, JSON.stringify(makeSchema(), null, 2));
  execFileSync('npx', ['biome', 'format', '--write', schemaFile], { stdio: 'inherit' });
}
