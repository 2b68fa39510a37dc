import type { RunHead } from '../../src/protocol/dashboard.ts';
import type { ConfigField } from '../../src/protocol/dashboard-config.ts';
import { valueText } from '../../src/protocol/difference-text.ts';
import { stageSpans, stageText } from '../../src/protocol/stage-spans.ts';

/** A field of the run's config as it is shown. */
export interface ConfigRow {
  name: string;
  value: string;
  description: string;
  /** As a config without the field has it. */
  isDefault: boolean;
  /** What it was before, and until when: `0.001 until step 40`. */
  history: string[];
}

export interface ConfigSection {
  title: string;
  rows: ConfigRow[];
}

/** The config as a run has it, in the order of its schema; paths as they are from the config's folder. Fields of other releases come last. */
export function configSectionsOf(
  { config, changes = [] }: RunHead,
  fields: ConfigField[],
  file: string,
): ConfigSection[] {
  const values = config as Record<string, unknown>;
  const folder = file.replace(/[\\/][^\\/]*$/, '');
  const row = (name: string, value: unknown, field: Pick<ConfigField, 'description' | 'default'>): ConfigRow => ({
    name,
    value: shown(value, folder),
    description: field.description,
    isDefault: isSame(value, field.default) || followsAnother(name, values),
    history: changes
      .filter((change) => change.field === `config.${name}`)
      .map(({ step, from }) => `${shown(from, folder)} until step ${step - 1}`),
  });
  const known = new Set(fields.map(({ name }) => name));
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  const sections = [...new Set(fields.map(({ section }) => section))].map((title) => ({
    title,
    rows: fields
      .filter(({ section, name }) => section === title && name in values)
      // Stages have sections of their own.
      .filter(({ name }) => name !== 'stages' || values.stages === null)
      .flatMap((field) =>
        field.name === 'lora' ? loraRows(values.lora, field, row) : [row(field.name, values[field.name], field)],
      ),
  }));
  const stages = stageSpans(config).map((span) => ({
    title: `Stage ${span.number}: ${stageText(span)}`,
    rows: stageRows(config.stages![span.number - 1]!, fields, row),
  }));
  const others = unknown.map((name) => row(name, values[name], { description: 'A field of another release.' }));
  return [...sections, ...stages, { title: 'Other fields', rows: others }].filter(({ rows }) => rows.length > 0);
}

/** Those that have these letters in their name, value or description. */
export function searchSections(
  sections: readonly ConfigSection[],
  { search, changedOnly }: { search: string; changedOnly: boolean },
): ConfigSection[] {
  const wanted = search.trim().toLowerCase();
  const fits = ({ name, value, description, isDefault, history }: ConfigRow) =>
    (!changedOnly || !isDefault || history.length > 0) &&
    [name, value, description].some((text) => text.toLowerCase().includes(wanted));
  return sections.map(({ title, rows }) => ({ title, rows: rows.filter(fits) })).filter(({ rows }) => rows.length > 0);
}

/** An adapter's fields one by one. */
function loraRows(
  lora: unknown,
  field: ConfigField,
  row: (name: string, value: unknown, field: Pick<ConfigField, 'description' | 'default'>) => ConfigRow,
): ConfigRow[] {
  const whole = row('lora', lora, field);
  if (typeof lora !== 'object' || lora === null) return [whole];
  const parts = Object.entries(lora).map(([name, value]) => row(`lora.${name}`, value, { description: '' }));
  return parts.map((part, i) => (i === 0 ? { ...part, description: field.description } : part));
}

/** What a stage sets: of the run's fields it has those that are other than the run's. */
function stageRows(
  { kind: _, name: __, ...own }: Record<string, unknown>,
  fields: readonly ConfigField[],
  row: (name: string, value: unknown, field: Pick<ConfigField, 'description' | 'default'>) => ConfigRow,
): ConfigRow[] {
  return Object.entries(own)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({
      ...row(name, value, {
        description: fields.find((field) => field.name === name)?.description ?? '',
        default: null,
      }),
      history: [],
    }));
}

/** Where a config leaves these open. */
const followsAnother = (name: string, config: Record<string, unknown>): boolean =>
  (name === 'epsilonHigh' && config.epsilonHigh === config.epsilon) ||
  (name === 'numGenerationsEval' && config.numGenerationsEval === config.numGenerations);

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function shown(value: unknown, folder: string): string {
  const here = inFolder(value, folder);
  // A list has a line for each.
  const text = Array.isArray(here) && here.length > 0 ? here.map(valueText).join('\n') : valueText(here);
  return text === '' ? '""' : text;
}

function inFolder(value: unknown, folder: string): unknown {
  if (typeof value === 'string')
    return folder !== '' && /^[\\/]/.test(value.slice(folder.length)) && value.startsWith(folder)
      ? value.slice(folder.length + 1)
      : value;
  if (Array.isArray(value)) return value.map((item) => inFolder(item, folder));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inFolder(inner, folder)]));
  return value;
}
