// Writes what VS Code has to know of the assistants' tools before the extension runs into package.json: `node scripts/make-tools.ts`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { editorName, TOOL_NAMES, type ToolName } from '../src/assistant/names.ts';
import { TOOLS } from '../src/assistant/tools.ts';

const manifestFile = fileURLToPath(new URL('../package.json', import.meta.url));

/** `contributes.languageModelTools`. */
export const makeTools = (): object[] => TOOL_NAMES.map(toolOf);

function toolOf(name: ToolName): object {
  const { title, icon, summary, description, input } = TOOLS[name];
  const { $schema, ...inputSchema } = z.toJSONSchema(input, { target: 'draft-7', io: 'input' });
  return {
    name: editorName(name),
    displayName: title,
    // What a person types after "#".
    toolReferenceName: name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    canBeReferencedInPrompt: true,
    icon: `$(${icon})`,
    userDescription: `${summary}.`,
    modelDescription: description,
    tags: ['grpo'],
    when: 'grpo.active',
    inputSchema,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  manifest.contributes.languageModelTools = makeTools();
  writeFileSync(manifestFile, JSON.stringify(manifest, null, 2));
  execFileSync('npx', ['biome', 'format', '--write', manifestFile], { stdio: 'inherit' });
}
