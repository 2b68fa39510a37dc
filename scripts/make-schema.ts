// Writes the schemas of run configs and experiments, for editors, from their zod schemas: `node scripts/make-schema.ts`.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { experimentFields } from '../src/protocol/experiment.ts';
import { runConfigFields } from '../src/protocol/run-config-fields.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(`../schemas/${name}`, import.meta.url));
export const schemaFile = fileOf('grpo.schema.json');
export const experimentSchemaFile = fileOf('experiment.schema.json');

type Schema = Record<string, unknown>;

/** Draft 7, the newest draft that VS Code's JSON support knows in full; `input`: fields with a default may be missing. */
const draft7 = (fields: z.ZodType): Schema => z.toJSONSchema(fields, { target: 'draft-7', io: 'input' });

const titled = (title: string, { $schema, ...schema }: Schema): Schema => ({
  ...{ $schema, title, allowComments: true, allowTrailingCommas: true },
  ...schema,
});

export const makeSchema = (): Schema => titled('GRPO Lab run config', draft7(runConfigFields));

/** Where an experiment names fields of the run config, an editor completes them, explains them and checks their values. */
export function makeExperimentSchema(): Schema {
  const schema = draft7(experimentFields);
  const { properties: config } = draft7(runConfigFields) as { properties: Record<string, Schema> };
  const names = Object.keys(config).filter((name) => name !== '$schema' && name !== 'seed');
  const refs = names.map((name) => [name, { $ref: `#/definitions/config/properties/${name}` }] as const);
  // A path into a field, such as "lora.r", is checked when it is read.
  const paths = Object.fromEntries(names.map((name) => [`^${name}\\.`, {}]));
  const settings = { $ref: '#/definitions/settings' };
  const lists = refs.map(([name, items]) => {
    const list = { type: 'array', items, minItems: 1 };
    return [name, { description: config[name]!.description, anyOf: [list, settings] }] as const;
  });
  const { $schema, base, set, vary, seeds, metrics } = schema.properties as Record<string, Schema>;
  const properties = {
    ...{ $schema, base },
    set: { description: set!.description, $ref: '#/definitions/set' },
    vary: {
      ...{ description: vary!.description, type: 'object', minProperties: 1, properties: Object.fromEntries(lists) },
      ...{
        patternProperties: mapValues(paths, () => ({ type: 'array', minItems: 1 })),
        additionalProperties: settings,
      },
    },
    seeds,
    metrics,
  };
  const definitions = {
    set: {
      type: 'object',
      properties: Object.fromEntries(refs),
      patternProperties: paths,
      additionalProperties: false,
    },
    settings: {
      ...{ type: 'object', additionalProperties: { $ref: '#/definitions/set' }, minProperties: 1 },
      // VS Code's own says "object" alone.
      errorMessage:
        'Expected a field of the run config with a list of values, or a name with settings: { "NAME": { FIELD: VALUE } }.',
    },
    config: { properties: Object.fromEntries(names.map((name) => [name, config[name]])) },
  };
  return titled('GRPO Lab experiment', { ...schema, properties, definitions });
}

const mapValues = <From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(schemaFile, JSON.stringify(makeSchema(), null, 2));
  writeFileSync(experimentSchemaFile, JSON.stringify(makeExperimentSchema(), null, 2));
  execFileSync('npx', ['biome', 'format', '--write', schemaFile, experimentSchemaFile], { stdio: 'inherit' });
}
