/** Tokenizers beside what is trained, as AutoTokenizer opens them there. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyCompanions } from '../../../src/model/files/save.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { hasPackages } from '../../helpers/python-packages.ts';
import { printedByPython } from '../../helpers/run-python.ts';
import { temporaryFolder, writeJson } from '../../unit/model/model-folder.ts';

const FIXTURES = join(import.meta.dirname, '../../references/fixtures');
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const TEXTS: string[] = readJson(FIXTURES, 'tokenizer-classes.json').texts.slice(-120);

interface Copy {
  /** A tokenizer of the fixtures, or a .gguf file. */
  of: string;
  modelType?: string;
  named?: string;
  /** Of the copy's config.json; an adapter's folder has none. */
  copiedType?: string;
  /** What the copy's tokenizer_config.json names. */
  names: string;
}

const AS_IT_IS = 'PreTrainedTokenizerFast';
const [LLAMA, PIECES] = [{ modelType: 'llama', named: 'LlamaTokenizer' }, { named: 'LlamaTokenizer' }];
const COPIES: Record<string, Copy> = {
  'Llama 2': { of: 'sentencepiece/llama2', ...LLAMA, copiedType: 'llama', names: 'LlamaTokenizer' },
  'an adapter of Llama 2': { of: 'sentencepiece/llama2', ...LLAMA, names: 'LlamaTokenizer' },
  'Phi-3': { of: 'sentencepiece/phi3', ...PIECES, modelType: 'phi3', copiedType: 'phi3', names: 'LlamaTokenizer' },
  'an adapter of Phi-3': { of: 'sentencepiece/phi3', ...PIECES, modelType: 'phi3', names: AS_IT_IS },
  'an adapter of Mistral': { of: 'sentencepiece/llama2', ...PIECES, modelType: 'mistral', names: AS_IT_IS },
  'an adapter of Qwen 2': { of: 'models/llama-sharded', modelType: 'qwen2', named: AS_IT_IS, names: 'Qwen2Tokenizer' },
  'an adapter of GPT-2, without a class': { of: 'models/llama-sharded', modelType: 'gpt2', names: 'GPT2Tokenizer' },
  'the language model of SmolVLM': {
    ...{ of: 'models/llama-sharded', modelType: 'smolvlm', named: 'GPT2Tokenizer' },
    ...{ copiedType: 'llama', names: AS_IT_IS },
  },
  'the language model of Qwen 3.5': {
    ...{ of: 'models/qwen3', modelType: 'qwen3_5', named: 'Qwen2Tokenizer' },
    ...{ copiedType: 'qwen3_5_text', names: 'Qwen3_5Tokenizer' },
  },
  'a .gguf file': { of: 'gguf-models/gemma3/gemma3.gguf', copiedType: 'gemma3_text', names: AS_IT_IS },
  'an adapter of a .gguf file': { of: 'sentencepiece/llama2.gguf', names: AS_IT_IS },
};

function encodedBy(model: string): number[][] {
  const { encode } = loadTokenizer(model);
  return TEXTS.map((text) => encode(text));
}

/** What AutoTokenizer makes of the texts of a file, for each folder. */
const OPEN = `
import json, sys
from transformers import AutoTokenizer
texts = json.load(open(sys.argv[1]))
for folder in sys.argv[2:]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    print(json.dumps([tokenizer.encode(text) for text in texts]))
`;

test.skipIf(!hasPackages(['transformers'], 'no copied tokenizer is opened'))(
  'in Python the tokenizer of a checkpoint is that of its training',
  { timeout: 120_000 },
  async () => {
    const [folders, ours]: [string[], number[][][]] = [[], []];
    for (const [name, { of, modelType, named, copiedType, names }] of Object.entries(COPIES)) {
      const [folder, copy] = [temporaryFolder(), temporaryFolder()];
      const source = of.endsWith('.gguf') ? join(FIXTURES, of) : folder;
      if (source === folder) {
        cpSync(join(FIXTURES, of, 'tokenizer.json'), join(folder, 'tokenizer.json'));
        const { tokenizer_class: _, ...config } = readJson(FIXTURES, of, 'tokenizer_config.json');
        writeJson(folder, 'tokenizer_config.json', { ...config, ...(named && { tokenizer_class: named }) });
        writeJson(folder, 'config.json', { model_type: modelType });
      }
      if (copiedType) writeJson(copy, 'config.json', { model_type: copiedType });
      copyCompanions(source, copy);
      expect(readJson(copy, 'tokenizer_config.json').tokenizer_class, name).toBe(names);
      const encoded = [source, copy].map((one) => encodedBy(one));
      expect(encoded[1], name).toEqual(encoded[0]);
      ours.push(encoded[0]!);
      folders.push(copy);
    }
    const file = join(temporaryFolder(), 'texts.json');
    writeFileSync(file, JSON.stringify(TEXTS));
    const lines = (await printedByPython(['-c', OPEN, file, ...folders])).trimEnd().split('\n');
    expect(lines).toHaveLength(folders.length);
    for (const [index, line] of lines.entries()) expect(JSON.parse(line), folders[index]!).toEqual(ours[index]);
  },
);
