/** A model to start from. */
export interface CatalogModel {
  /** On Hugging Face: `HuggingFaceTB/SmolLM2-135M-Instruct`. */
  id: string;
  /** Of its files, in GB. */
  size: number;
  /** The most that the trainer takes: with an adapter on the model in 4 bits, with an adapter, and with all weights. See docs/models.md. */
  memory: { int4: string; lora: string; all: string };
  license: string;
  /** Into how many files its weights are divided; undefined: one. */
  shards?: number;
  /** Its chat template is a file of its own. */
  templateFile?: boolean;
}

const QWEN_RESEARCH = 'Qwen Research: not for commercial use';
const accept = (license: string): string => `${license}: accept it on its page, then \`hf auth login\``;

/** From small to large. The table of docs/models.md is made from them: `npm run docs`. */
export const CATALOG: readonly [CatalogModel, ...CatalogModel[]] = [
  {
    ...{ id: 'HuggingFaceTB/SmolLM2-135M-Instruct', size: 0.3, license: 'Apache 2.0' },
    memory: { int4: '1.0 GB', lora: '2.7 GB', all: '5.5 GB' },
  },
  {
    ...{ id: 'google/gemma-3-270m-it', size: 0.5, license: accept('Gemma'), templateFile: true },
    memory: { int4: '1.5 GB', lora: '3.4 GB', all: '7.9 GB' },
  },
  {
    ...{ id: 'HuggingFaceTB/SmolLM2-360M-Instruct', size: 0.7, license: 'Apache 2.0' },
    memory: { int4: 'about 2 GB', lora: 'about 4 GB', all: 'about 10 GB' },
  },
  {
    ...{ id: 'Qwen/Qwen2.5-0.5B-Instruct', size: 1, license: 'Apache 2.0' },
    memory: { int4: '2.1 GB', lora: '4.2 GB', all: '12.5 GB' },
  },
  {
    ...{ id: 'Qwen/Qwen3-0.6B', size: 1.5, license: 'Apache 2.0' },
    memory: { int4: 'about 3 GB', lora: 'about 6 GB', all: 'about 15 GB' },
  },
  {
    ...{ id: 'google/gemma-3-1b-it', size: 2, license: accept('Gemma') },
    memory: { int4: 'about 4 GB', lora: 'about 7 GB', all: 'about 23 GB' },
  },
  {
    ...{ id: 'meta-llama/Llama-3.2-1B-Instruct', size: 2.5, license: accept('Llama 3.2') },
    memory: { int4: 'about 4 GB', lora: 'about 8 GB', all: 'about 27 GB' },
  },
  {
    ...{ id: 'Qwen/Qwen2.5-1.5B-Instruct', size: 3.1, license: 'Apache 2.0' },
    memory: { int4: '4.4 GB', lora: '9.7 GB', all: 'about 34 GB' },
  },
  {
    ...{ id: 'HuggingFaceTB/SmolLM3-3B', size: 6.2, license: 'Apache 2.0', shards: 2, templateFile: true },
    memory: { int4: 'about 9 GB', lora: 'about 19 GB', all: 'about 65 GB' },
  },
  {
    ...{ id: 'Qwen/Qwen2.5-3B-Instruct', size: 6.2, license: QWEN_RESEARCH, shards: 2 },
    memory: { int4: 'about 9 GB', lora: 'about 19 GB', all: 'about 65 GB' },
  },
];

/** A model's facts by their headings, as the table and the quick pick show them. */
export const factsOf = ({ size, memory, license }: CatalogModel): [heading: string, fact: string][] => [
  ['size', `${size.toFixed(1)} GB`],
  ['memory: LoRA in 4 bits', memory.int4],
  ['LoRA', memory.lora],
  ['all weights', memory.all],
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
function filesOf({ shards = 1, templateFile = false }: CatalogModel): string[] {
  const number = (shard: number) => String(shard).padStart(5, '0');
  const weights =
    shards === 1
      ? ['model.safetensors']
      : [
          'model.safetensors.index.json',
          ...Array.from({ length: shards }, (_, i) => `model-${number(i + 1)}-of-${number(shards)}.safetensors`),
        ];
  return [
    ...['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'],
    ...(templateFile ? ['chat_template.jinja'] : []),
    ...weights,
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
      `git clone -c lfs.fetchinclude="*.safetensors,*.json" https://huggingface.co/${model.id} ${folderOf(model)}`,
  },
];
