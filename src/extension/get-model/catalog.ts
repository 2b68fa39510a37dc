/** A model to start from. Memory: the most that the trainer takes, in GB, as docs/models.md says. */
export interface CatalogModel {
  /** On Hugging Face: `HuggingFaceTB/SmolLM2-135M-Instruct`. */
  id: string;
  /** Of its files, in GB. */
  size: number;
  loraMemory: number;
  fullMemory: number;
  license: string;
}

/** From small to large. The table of docs/models.md is made from them: `npm run docs`. */
export const CATALOG = [
  { id: 'HuggingFaceTB/SmolLM2-135M-Instruct', size: 0.3, loraMemory: 3, fullMemory: 7, license: 'Apache 2.0' },
  { id: 'HuggingFaceTB/SmolLM2-360M-Instruct', size: 0.7, loraMemory: 4, fullMemory: 15, license: 'Apache 2.0' },
  { id: 'Qwen/Qwen2.5-0.5B-Instruct', size: 1, loraMemory: 5, fullMemory: 20, license: 'Apache 2.0' },
  { id: 'Qwen/Qwen3-0.6B', size: 1.5, loraMemory: 6, fullMemory: 24, license: 'Apache 2.0' },
  {
    id: 'meta-llama/Llama-3.2-1B-Instruct',
    size: 2.5,
    loraMemory: 9,
    fullMemory: 47,
    license: 'Llama 3.2: accept it on its page, then `hf auth login`',
  },
] satisfies [CatalogModel, ...CatalogModel[]];

/** A model's facts by their headings, as the table and the quick pick show them. */
export const factsOf = ({ size, loraMemory, fullMemory, license }: CatalogModel): [heading: string, fact: string][] => [
  ['size', `${size.toFixed(1)} GB`],
  ['memory: LoRA', `${loraMemory} GB`],
  ['full fine-tuning', `${fullMemory} GB`],
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

const FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];

export const DOWNLOADS: Download[] = [
  {
    title: 'With the Hugging Face CLI',
    needs: '`pip install huggingface_hub` installs it (older releases call it `huggingface-cli`).',
    command: (model) => `hf download ${model.id} ${FILES.join(' ')} --local-dir ${folderOf(model)}`,
  },
  {
    title: 'With curl',
    needs: 'Part of most systems. In Windows PowerShell 5 it is called `curl.exe`.',
    command: (model) =>
      `curl -L --fail --create-dirs -o "${folderOf(model)}/#1" "https://huggingface.co/${model.id}/resolve/main/{${FILES.join(',')}}"`,
  },
  {
    title: 'With git',
    needs:
      'Needs [git-lfs](https://git-lfs.com) and `git lfs install`, once; without it you get pointer files instead of the weights.',
    command: (model) =>
      `git clone -c lfs.fetchinclude="*.safetensors,*.json" https://huggingface.co/${model.id} ${folderOf(model)}`,
  },
];
