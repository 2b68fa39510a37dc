import { MEMORY } from './memory.ts';

/** A model to start from. */
export interface CatalogModel {
  /** On Hugging Face: `HuggingFaceTB/SmolLM2-135M-Instruct`. */
  id: keyof typeof MEMORY;
  /** Of the files that are downloaded, in GB. */
  size: number;
  license: string;
  /** One to begin with: of its size, much used and well tried here. */
  isRecommended?: boolean;
  /** Into how many files its weights are divided, with an index of them; undefined: one file without an index. */
  shards?: number;
  /** What the names of such files begin with, where that is not `model`. */
  shardName?: string;
  /** Its chat template is a file of its own. */
  templateFile?: boolean;
  /** It has no generation_config.json. */
  noGenerationConfig?: boolean;
}

const APACHE = 'Apache 2.0';
const LFM = 'LFM Open License: commercial use below 10 million dollars of revenue a year';
const QWEN_RESEARCH = 'Qwen Research: not for commercial use';
const accept = (license: string): string => `${license}: accept it on its page, then \`hf auth login\``;
const QWEN35_FILES = { shards: 1, shardName: 'model.safetensors', noGenerationConfig: true };

/** From small to large. The table of docs/models.md is made from them: `npm run docs`. */
export const CATALOG: readonly [CatalogModel, ...CatalogModel[]] = [
  { id: 'HuggingFaceTB/SmolLM2-135M-Instruct', size: 0.3, license: APACHE, isRecommended: true },
  { id: 'google/gemma-3-270m-it', size: 0.5, license: accept('Gemma'), templateFile: true },
  { id: 'LiquidAI/LFM2.5-350M', size: 0.7, license: LFM, templateFile: true },
  { id: 'HuggingFaceTB/SmolLM2-360M-Instruct', size: 0.7, license: APACHE },
  { id: 'Qwen/Qwen2.5-0.5B-Instruct', size: 1, license: APACHE, isRecommended: true },
  { id: 'Qwen/Qwen3-0.6B', size: 1.5, license: APACHE },
  { id: 'LiquidAI/LFM2-700M', size: 1.5, license: LFM, templateFile: true },
  { id: 'Qwen/Qwen3.5-0.8B', size: 1.7, license: APACHE, ...QWEN35_FILES },
  { id: 'google/gemma-3-1b-it', size: 2, license: accept('Gemma') },
  { id: 'LiquidAI/LFM2.5-1.2B-Instruct', size: 2.3, license: LFM, templateFile: true },
  { id: 'meta-llama/Llama-3.2-1B-Instruct', size: 2.5, license: accept('Llama 3.2') },
  { id: 'allenai/OLMo-2-0425-1B-Instruct', size: 3, license: APACHE },
  { id: 'Qwen/Qwen2.5-1.5B-Instruct', size: 3.1, license: APACHE, isRecommended: true },
  { id: 'Qwen/Qwen3-1.7B', size: 4.1, license: APACHE, shards: 2 },
  { id: 'Qwen/Qwen3.5-2B', size: 4.5, license: APACHE, ...QWEN35_FILES },
  { id: 'HuggingFaceTB/SmolLM3-3B', size: 6.2, license: APACHE, isRecommended: true, shards: 2, templateFile: true },
  { id: 'Qwen/Qwen2.5-3B-Instruct', size: 6.2, license: QWEN_RESEARCH, shards: 2 },
  { id: 'microsoft/Phi-4-mini-instruct', size: 7.7, license: 'MIT', shards: 2 },
  { id: 'mistralai/Ministral-3-3B-Instruct-2512-BF16', size: 7.7, license: APACHE, shards: 2, templateFile: true },
  { id: 'google/gemma-4-E2B-it', size: 10.2, license: APACHE, templateFile: true },
];

/** The size of the files, in GB, up to which a model counts as small: a billion weights of 16 bits. */
const SMALL = 2;

/** The catalog as it is shown, those to begin with first; from small to large in each. */
export const GROUPS: readonly { heading: string; models: readonly CatalogModel[] }[] = [
  { heading: 'recommended', models: CATALOG.filter(({ isRecommended }) => isRecommended) },
  { heading: 'up to 1 billion weights', models: CATALOG.filter((one) => !one.isRecommended && one.size <= SMALL) },
  { heading: 'larger', models: CATALOG.filter((one) => !one.isRecommended && one.size > SMALL) },
];

/** A model's facts by their headings, as the table and the quick pick show them. */
export const factsOf = ({ id, size, license }: CatalogModel): [heading: string, fact: string][] => [
  ['size', `${size.toFixed(1)} GB`],
  ['memory: LoRA in 4 bits', MEMORY[id].int4],
  ['LoRA', MEMORY[id].lora],
  ['all weights', MEMORY[id].all],
  ['license', license],
];

export const nameOf = ({ id }: CatalogModel): string => id.slice(id.indexOf('/') + 1);

/** Where a model goes, relative to the run config: lower case, as names that are typed by hand. */
export const folderOf = (model: CatalogModel): string => `models/${nameOf(model).toLowerCase()}`;

/** A way to get a model. */
export interface Download {
  title: string;
  /** What it needs, as Markdown. */
  needs: string;
  /** To run in the folder of the run config; it fetches the files that are needed, and little more. */
  command: (model: CatalogModel) => string;
}

/** What is needed of a model's files. */
function filesOf({
  shards,
  shardName = 'model',
  templateFile = false,
  noGenerationConfig = false,
}: CatalogModel): string[] {
  const number = (shard: number) => String(shard).padStart(5, '0');
  const divided = Array.from(
    { length: shards ?? 0 },
    (_, i) => `${shardName}-${number(i + 1)}-of-${number(shards!)}.safetensors`,
  );
  return [
    'config.json',
    ...(noGenerationConfig ? [] : ['generation_config.json']),
    ...['tokenizer.json', 'tokenizer_config.json'],
    ...(templateFile ? ['chat_template.jinja'] : []),
    ...(shards === undefined ? ['model.safetensors'] : ['model.safetensors.index.json', ...divided]),
  ];
}

export const DOWNLOADS: Download[] = [
  {
    title: 'With the Hugging Face CLI',
    needs: '`pip install huggingface_hub` installs it (older releases call it `huggingface-cli`).',
    command: (model) => `hf download ${model.id} ${filesOf(model).join(' ')} --local-dir ${folderOf(model)}`,
  },
  {
    title: 'With curl',
    needs: 'Part of most systems. In Windows PowerShell 5 it is called `curl.exe`.',
    command: (model) =>
      `curl -L --fail --create-dirs -o "${folderOf(model)}/#1" "https://huggingface.co/${model.id}/resolve/main/{${filesOf(model).join(',')}}"`,
  },
  {
    title: 'With git',
    needs:
      'Needs [git-lfs](https://git-lfs.com) and `git lfs install`, once; without it you get pointer files instead of the weights.',
    command: (model) =>
      `git clone -c lfs.fetchinclude="model*.safetensors,*.json" https://huggingface.co/${model.id} ${folderOf(model)}`,
  },
];
