import * as z from 'zod';
import { own } from '../text/own.ts';

/** Ways of training that follow one another in a run, as `stages` of a run config names them. */
export const STAGE_KINDS = ['sft', 'grpo', 'rejection', 'distill'] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

type Shape = Record<string, z.ZodType>;
/** Fields that a stage may set in place of the run's. */
type Overriding<Fields extends Shape> = { [Name in keyof Fields]: z.ZodOptional<Fields[Name]> };

/** Fields of a run config without their defaults: what a stage does not set is the run's. */
function overriding<Fields extends Shape, Name extends keyof Fields & string>(
  fields: Fields,
  ...names: Name[]
): Overriding<Pick<Fields, Name>> {
  const entries = names.map((name) => {
    const field = fields[name]!;
    const text = field.description ?? '';
    return [name, withoutDefault(field).optional().describe(`${text} If omitted: the run's "${name}".`)];
  });
  return Object.fromEntries(entries);
}

function withoutDefault(field: z.ZodType): z.ZodType {
  if (field instanceof z.ZodDefault) return field.unwrap() as z.ZodType;
  if (field instanceof z.ZodPipe) return z.pipe(withoutDefault(field.in as z.ZodType), field.out as z.ZodType);
  return field;
}

const namesOf = <Fields extends Shape>(fields: Fields): (keyof Fields & string)[] => Object.keys(fields);
const without = <Name extends string, Left extends Name>(names: Name[], ...left: Left[]) =>
  names.filter((name): name is Exclude<Name, Left> => !(left as string[]).includes(name));

const path = z.string().min(1);
const paths = z.union([path, z.array(path).min(1)]);
const count = z.int().min(1);

/** How a row of a dataset of demonstrations becomes the completion. */
const completionMapping = z.union([
  z.string().min(1).describe('The column that holds the completion: a text, or a list of chat messages.'),
  z.strictObject({
    text: z.string().min(1).describe('A text: a Jinja template over the columns, " {{ solution }}".'),
  }),
]);
export type CompletionMapping = z.output<typeof completionMapping>;

const nameField = z
  .string()
  .regex(/^\S(.*\S)?$/, 'a text that neither begins nor ends with a space')
  .optional()
  .describe(
    'What to call the stage, in the log, in the dashboard and in the "from" of later stages. If omitted: its kind, with a number where there are several of it.',
  );

const demonstrations = {
  from: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The name of an earlier "rejection" stage, to train on the dataset that it wrote; in place of `dataset`.',
    ),
  completion: completionMapping
    .optional()
    .describe(
      'How a row becomes the completion: the name of a column ("solution"), or a text ({ "text": " {{ solution }}" }). If omitted: the column "completion". The end-of-sequence token is added to a text; of messages, the chat template writes it.',
    ),
  maxLength: count
    .nullable()
    .default(1024)
    .describe(
      "Prompt and completion together have at most this many tokens; what is beyond is cut off, and a row of which no completion is left is skipped. null: the model's context.",
    ),
};

/** What decides which completions a `rejection` stage keeps, and what is added to them. */
const selection = {
  threshold: z
    .number()
    .nullable()
    .default(null)
    .describe('Keep completions whose reward (the weighted sum) is at least this; null: see `best`.'),
  best: count
    .nullable()
    .default(null)
    .describe(
      'Keep at most this many completions of a prompt, those with the highest rewards, of equal ones the shorter. Without a `threshold`, only those that are better than the worst of the group. null: all that reach the `threshold`.',
    ),
  mix: z
    .strictObject({
      dataset: paths.describe('A dataset of prompts and completions, such as general data; relative to this config.'),
      prompt: z.string().min(1).default('prompt').describe('The column of the prompt.'),
      completion: z.string().min(1).default('completion').describe('The column of the completion.'),
      maxRows: count.nullable().default(null).describe('Use only the first N rows; null: all.'),
    })
    .nullable()
    .default(null)
    .describe('Further prompts and completions to add to what is kept, so that the model does not forget them.'),
};

/** The groups of fields that a run config is made of. */
interface Groups<Inputs, Batches, Sampling, Advantages, Loss, Optimizer> {
  inputs: Inputs;
  batches: Batches;
  sampling: Sampling;
  advantages: Advantages;
  loss: Loss;
  optimizer: Optimizer;
}

/** The fields that every kind of stage needs of the groups. */
type Needed<Name extends string> = Shape & Record<Name, z.ZodType>;

/** The field `stages`, made of the fields that it overrides. */
export function stagesField<
  Inputs extends Needed<'model' | 'dataset' | 'prompt' | 'columns' | 'maxRows' | 'maxPromptLength' | 'rewards'>,
  Batches extends Needed<
    | 'promptsPerStep'
    | 'numGenerations'
    | 'gradientAccumulationSteps'
    | 'maxSteps'
    | 'numTrainEpochs'
    | 'shuffleDataset'
    | 'seed'
  >,
  Sampling extends Needed<'maskTruncatedCompletions'>,
  Advantages extends Shape,
  Loss extends Shape,
  Optimizer extends Shape,
>(groups: Groups<Inputs, Batches, Sampling, Advantages, Loss, Optimizer>) {
  const { inputs, batches, sampling, advantages, loss, optimizer } = groups;
  const all = <Fields extends Shape>(fields: Fields) => overriding(fields, ...namesOf(fields));
  const data = overriding(inputs, 'dataset', 'prompt', 'columns', 'maxRows');
  const sampled = overriding(inputs, 'maxPromptLength', 'rewards');
  const named = { name: nameField, ...overriding(batches, 'maxSteps') };
  const steps = overriding(batches, 'promptsPerStep', 'shuffleDataset');
  const supervised = {
    ...{ ...data, ...demonstrations, ...steps, ...overriding(batches, 'gradientAccumulationSteps') },
    ...all(optimizer),
  };
  const kind = <Kind extends StageKind>(name: Kind, text: string) => z.literal(name).describe(text);
  const sft = z.strictObject({
    kind: kind('sft', 'Supervised fine-tuning on prompts and their completions, as TRL’s SFTTrainer: a cold start.'),
    ...named,
    ...supervised,
  });
  const grpo = z.strictObject({
    kind: kind('grpo', 'Group Relative Policy Optimization, as a run without stages.'),
    ...named,
    ...data,
    ...sampled,
    ...overriding(batches, ...without(namesOf(batches), 'seed', 'maxSteps', 'numTrainEpochs')),
    ...all(sampling),
    ...all(advantages),
    ...all(loss),
    ...all(optimizer),
  });
  const rejection = z.strictObject({
    kind: kind(
      'rejection',
      'Samples completions, and writes the best of them as a dataset for later stages; trains nothing.',
    ),
    ...named,
    ...selection,
    ...data,
    ...sampled,
    ...steps,
    ...overriding(batches, 'numGenerations'),
    ...overriding(sampling, ...without(namesOf(sampling), 'maskTruncatedCompletions')),
  });
  const distill = z.strictObject({
    kind: kind(
      'distill',
      'Supervised fine-tuning of another model, as a rule a smaller one, or of the run’s own from its start; later stages continue with it.',
    ),
    ...named,
    model: path.describe(
      'The model to train from here on: a Hugging Face folder or a .gguf file, relative to this config.',
    ),
    ...supervised,
  });
  return z
    .array(z.discriminatedUnion('kind', [sft, grpo, rejection, distill]))
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Stages that follow one another in one run, such as [{ "kind": "sft", "dataset": "cold-start.jsonl" }, { "kind": "grpo" }]; each continues with the weights of the one before, and may set fields of this config for itself. null: one stage of GRPO.',
    );
}

/** A stage as a checked config has it: its name and the number of its steps are known. */
interface CommonStage {
  kind: StageKind;
  name?: string | undefined;
  maxSteps?: number | undefined;
}

/** Names and numbers of steps filled in. */
export const completeStages = <Stage extends CommonStage>(stages: readonly Stage[], maxSteps: number): Stage[] =>
  stages.map((stage, index) => {
    const several = stages.filter(({ kind }) => kind === stage.kind).length > 1;
    const number = stages.slice(0, index + 1).filter(({ kind }) => kind === stage.kind).length;
    const name = stage.name ?? (several ? `${stage.kind} ${number}` : stage.kind);
    // In the schema's order, in which a recorded config comes back.
    const first = { kind: stage.kind, name, maxSteps: stage.maxSteps ?? maxSteps };
    return { ...first, ...stage, ...first };
  });

/** What of stages contradicts itself: the field of a stage, and a clause about it. */
export function stagesProblem(
  stages: readonly (CommonStage & Record<string, unknown>)[],
): { path: (string | number)[]; message: string } | undefined {
  const named = completeStages(stages, 1);
  for (const [index, stage] of named.entries()) {
    const problem = (field: string, message: string) => ({ path: [index, field], message });
    if (named.findIndex(({ name }) => name === stage.name) < index)
      return problem('name', `must be another one than that of an earlier stage, "${stage.name}"`);
    if (stage.kind === 'rejection' && stage.threshold === null && stage.best === null)
      return problem(
        'kind',
        'is "rejection", which needs a "threshold" or a "best" that say which completions to keep',
      );
    const from = own(stage, 'from') as string | undefined;
    if (from === undefined) {
      if (stage.kind === 'distill' && stage.dataset === undefined)
        return problem('kind', 'is "distill", which needs a "from" or a "dataset" to train on');
      continue;
    }
    for (const other of ['dataset', 'prompt', 'columns', 'completion'])
      if (stage[other] !== undefined && stage[other] !== null)
        return problem('from', `cannot be combined with "${other}"; remove one of them`);
    const source = named.findIndex(({ name }) => name === from);
    if (source < 0 || source >= index || named[source]!.kind !== 'rejection')
      return problem('from', `must name an earlier stage of kind "rejection", not ${JSON.stringify(from)}`);
  }
  return undefined;
}
