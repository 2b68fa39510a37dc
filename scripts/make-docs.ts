// Writes what docs/*.md say of the command's options, the tools of assistants, the catalog of models, the dashboard's terms and TRL's memory: `node scripts/make-docs.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gigabytes, readMeasured, WAYS as TRAINING_WAYS, type Way } from '../bench/models/measured.ts';
import { TOOL_NAMES } from '../src/assistant/names.ts';
import { TOOLS } from '../src/assistant/tools.ts';
import { COMMANDS, type CommandName, type Declaration } from '../src/cli/commands.ts';
import { commandTerm, optionHelp, optionTerm } from '../src/cli/usage.ts';
import { CATALOG, DOWNLOADS, factsOf } from '../src/extension/get-model/catalog.ts';
import { GLOSSARY } from '../src/protocol/glossary.ts';
import { PRESET_NAMES, PRESETS, type Preset, valueText } from '../src/protocol/presets.ts';
import { perGpu, perParameter, WAYS } from './memory-table.ts';

const DOCS = new URL('../docs/', import.meta.url);

/** By page, its parts by name; the page has them between `<!-- made: NAME -->` and `<!-- end -->`. */
const PAGES: Record<string, Record<string, () => string>> = {
  '../README.md': { measured },
  'assistants.md': { tools },
  'commands.md': { commands },
  'glossary.md': { glossary },
  'models.md': { catalog, downloads },
  'presets.md': { presets },
  'scaling.md': { bytes, generating: () => memory(true), served: () => memory(false) },
};

/** Every page by its path: its text now, and with its parts made again. */
export function makeDocs(): Map<string, { now: string; made: string }> {
  const pages = Object.entries(PAGES).map(([page, parts]) => {
    const path = fileURLToPath(new URL(page, DOCS));
    const now = readFileSync(path, 'utf8');
    const made = Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part()), now);
    return [path, { now, made }] as const;
  });
  return new Map(pages);
}

export function withPart(text: string, name: string, part: string): string {
  const [before, rest] = split(text, `<!-- made: ${name} -->\n`);
  const [, after] = split(rest, '<!-- end -->\n');
  return `${before}<!-- made: ${name} -->\n\n${part}\n\n<!-- end -->\n${after}`;
}

function split(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`${mark.trim()} is missing.`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

export function table(headings: string[], rows: string[][]): string {
  const lines = [headings, headings.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

function commands(): string {
  const sections = (Object.keys(COMMANDS) as CommandName[]).map((name) => {
    const { help, options }: Declaration = COMMANDS[name];
    const rows = Object.entries(options).map(([key, option]) => [
      `\`${optionTerm(key, option)}\``,
      optionHelp(option).replaceAll('<', '&lt;'),
    ]);
    const sentence = `${help[0]!.toUpperCase()}${help.slice(1)}.`;
    return `## grpo ${name}\n\n\`grpo ${commandTerm(name)}\`\n\n${sentence}\n\n${table(['option', 'does'], rows)}`;
  });
  return sections.join('\n\n');
}

function presets(): string {
  const sections = PRESET_NAMES.map((name) => {
    const { title, url, defaults, scale, beyond }: Preset = PRESETS[name];
    const row =
      (taken: string) =>
      ([field, { value, source }]: [string, Preset['defaults'][string]]) => [
        ...[`\`${field}\``, `\`${valueText(value)}\``, taken, source],
      ];
    const rows = [...Object.entries(defaults).map(row('yes')), ...Object.entries(scale).map(row('no'))];
    const others = beyond.map((what) => `- ${what}`).join('\n');
    const also = others && `\n\nIt also asks for what is not a setting here:\n\n${others}`;
    return `## ${name}\n\n[${title}](${url}).\n\n${table(['field', 'value', 'taken', 'source'], rows)}${also}`;
  });
  return sections.join('\n\n');
}

function bytes(): string {
  const headings = ['', 'weights', 'gradients', "AdamW's moments", 'float32 copy', 'together', 'reference model'];
  return table(headings, perParameter());
}

const memory = (generates: boolean): string => table(['model', ...Object.keys(WAYS)], perGpu(generates));

function catalog(): string {
  const headings = ['model', ...factsOf(CATALOG[0]).map(([heading]) => heading)];
  const rows = CATALOG.map((model) => [
    `[${model.id}](https://huggingface.co/${model.id})`,
    ...factsOf(model).map(([, fact]) => fact),
  ]);
  return table(headings, rows);
}

/** Memory and time of a step, by model and way of training. */
function measured(): string {
  const { work, models } = readMeasured();
  const machines = [
    ...new Set(Object.values(models).flatMap((figures) => Object.values(figures).map((one) => one.machine))),
  ];
  const mark = (machine: string) => '†'.repeat(machines.indexOf(machine));
  const ways = Object.keys(TRAINING_WAYS) as Way[];
  const rows = Object.entries(models).map(([id, figures]) => [
    id.slice(id.indexOf('/') + 1),
    ...ways.map((way) => {
      const one = figures[way];
      return one ? `${gigabytes(one.peakBytes)}, ${one.seconds.toFixed(0)} s${mark(one.machine)}` : '–';
    }),
  ]);
  const headings = ['model', ...ways.map((way) => TRAINING_WAYS[way].title)];
  const note = `One step of ${work} tokens (prompts × completions × tokens), its graphs compiled in it, on ${machines.map((machine) => `${machine}${mark(machine)}`).join(' and ')}: \`npm run bench -- models\`, with random weights of the models' shapes. –: more than this machine's memory, or not measured.`;
  return `${table(headings, rows)}\n\n${note}`;
}

function tools(): string {
  const does = { reads: 'no', 'runs-code': 'yes: it runs your rewards', trains: 'yes', stops: 'yes' };
  const rows = TOOL_NAMES.map((name) => [`\`${name}\``, TOOLS[name].summary, does[TOOLS[name].effect]]);
  return table(['tool', 'gives or does', 'asks you first'], rows);
}

function glossary(): string {
  return table(['term', 'means'], Object.entries(GLOSSARY));
}

function downloads(): string {
  const sections = DOWNLOADS.map(
    ({ title, needs, command }) => `### ${title}\n\n${needs}\n\n\`\`\`sh\n${command(CATALOG[0])}\n\`\`\``,
  );
  return sections.join('\n\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, { made }] of makeDocs()) writeFileSync(path, made);
