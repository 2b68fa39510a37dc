import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BadInput } from '../../protocol/errors.ts';
import { writeJsonFlushed } from './flushed-file.ts';
import { isGguf } from './gguf.ts';
import { readJsonObject } from './json-file.ts';
import { homeOf, modelFilePath, readModelFile } from './model-files.ts';

type Json = Record<string, unknown>;

/** Classes that rebuild normalizer, pre-tokenizer and decoder, whatever tokenizer.json says of them. */
export const REBUILDING = [
  'LlamaTokenizer',
  'GemmaTokenizer',
  'Qwen2Tokenizer',
  'Qwen3_5Tokenizer',
  'GPT2Tokenizer',
  'GPTNeoXTokenizer',
] as const;
export type RebuildingClass = (typeof REBUILDING)[number];
/** The last takes tokenizer.json as it is. transformers 4 called it PreTrainedTokenizerFast. */
export type TokenizerClass = RebuildingClass | typeof AS_IT_IS;
export const AS_IT_IS = 'TokenizersBackend';

/** The other classes that transformers 5.23 has. What they make of a model's files is not described here. */
const OTHERS = new Set(
  `Albert Bart Barthez Bartpho Basic BertGeneration BertJapanese Bert Bertweet BigBird BioGpt BlenderbotSmall Blenderbot ByT5 Camembert Canine Character CLIP Clvp
  CodeGen CodeLlama Cohere ConvBert CpmAnt Cpm CTRL Deberta DebertaV2 Dia DistilBert DPRContextEncoder DPRQuestionEncoder DPRReader Esm Esmc
  FastSpeech2Conformer Flaubert FNet FSMT Funnel GPTNeoXJapanese GPTSw3 Herbert Lasr LayoutLMv2 LayoutLMv3 LayoutXLM LED Luke Lxmert M2M100 Marian
  MarkupLM MBart50 MBart Mecab Mgpstr MLuke MobileBert MPNet Mvp MyT5 Nllb Nougat OpenAIGPT Parakeet Pegasus Perceiver Phobert PLBart Pop2Piano
  ProphetNet Rag Reformer RemBert RoCBert RoFormer Roberta SeamlessM4T Siglip2 Siglip Speech2Text SpeechT5 Splinter SqueezeBert T5 Tapas Tipsv2 Udop
  VideoPrism Vits Wav2Vec2CTC Wav2Vec2PhonemeCTC Whisper Wordpiece XGLM XLMRoberta XLM XLNet`
    .split(/\s+/)
    .map((name) => `${name}Tokenizer`),
);

/** The class that transformers 5.23 has for a `model_type` (`TOKENIZER_MAPPING_NAMES`), of those that are loaded; other types have none. */
const REGISTERED: Readonly<Record<string, TokenizerClass>> = {
  gemma2: 'GemmaTokenizer',
  gemma3: 'GemmaTokenizer',
  gemma3_text: 'GemmaTokenizer',
  gpt2: 'GPT2Tokenizer',
  granite: AS_IT_IS,
  granitemoehybrid: AS_IT_IS,
  ministral3: AS_IT_IS,
  mistral: AS_IT_IS,
  mistral3: AS_IT_IS,
  olmo2: AS_IT_IS,
  olmo3: AS_IT_IS,
  phi3: AS_IT_IS,
  qwen2: 'Qwen2Tokenizer',
  qwen2_5_vl: 'Qwen2Tokenizer',
  qwen3: 'Qwen2Tokenizer',
  qwen3_vl: 'Qwen2Tokenizer',
  qwen3_5: 'Qwen3_5Tokenizer',
  qwen3_5_text: 'Qwen3_5Tokenizer',
  smolvlm: AS_IT_IS,
};
/** Whose registered class counts, whatever the folder says (`MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS`). */
const DISTRUSTED = ['phi3', 'qwen2', 'qwen3_5', 'smolvlm'];

/** What the choice depends on. */
export interface ClassFields {
  /** Of config.json, if there is one. */
  modelType: string | undefined;
  /** `tokenizer_class` of tokenizer_config.json. */
  named: string | undefined;
  /** `tokenizer_class` of config.json. */
  namedByModel: string | undefined;
  /** Whether `auto_map` of tokenizer_config.json names a class in a file of the folder. */
  hasOwnCode: boolean;
  /** Whether "ByteLevel" occurs in tokenizer.json. */
  isByteLevel: () => boolean;
}

/**
 * The class that `AutoTokenizer.from_pretrained` takes for a folder, without `trust_remote_code` and without the package mistral-common; another
 * name where it has one that is not described here, undefined where it asks for `trust_remote_code`.
 *
 * Source: `models/auto/tokenization_auto.py` of transformers 5.23.
 */
export function autoClass(fields: ClassFields): string | undefined {
  const { modelType = '', named, namedByModel, hasOwnCode } = fields;
  const registered = Object.hasOwn(REGISTERED, modelType) ? REGISTERED[modelType] : undefined;
  const isDistrusted = DISTRUSTED.includes(modelType);
  // An empty name gives way to the model's here; below, only a missing one does.
  const stated = bare(named || namedByModel);
  if (!hasOwnCode && stated !== undefined) {
    if (stated === 'LlamaTokenizer' && !isDistrusted && fields.isByteLevel()) return AS_IT_IS;
    if (registered !== undefined && registered !== stated)
      return registered === AS_IT_IS ? AS_IT_IS : known(isDistrusted ? registered : stated);
  }
  if (hasOwnCode && !isDistrusted && registered === undefined && !isOfTransformers(bare(named))) return undefined;
  return known(bare(named) ?? (bare(namedByModel) || registered || AS_IT_IS));
}

const bare = (name: string | undefined): string | undefined => name?.replace(/Fast$/, '');

const isRebuilding = (name: string | undefined): name is RebuildingClass =>
  (REBUILDING as readonly string[]).includes(name ?? '');

const isOfTransformers = (name: string | undefined): boolean =>
  name !== undefined && (GENERIC.includes(name) || isRebuilding(name) || OTHERS.has(name));

/** Under any of these names tokenizer.json is taken as it is, and under names that transformers does not have. */
const GENERIC = [AS_IT_IS, 'PreTrainedTokenizer', 'PythonBackend', 'BloomTokenizer'];

const known = (name: string): string => (isRebuilding(name) || OTHERS.has(name) ? name : AS_IT_IS);

/** The class of a model's tokenizer. A .gguf file has none: its tokenizer is what llama.cpp has. Throws BadInput for one that is not described. */
export function tokenizerClass(model: string, json: () => unknown, config: Json): TokenizerClass {
  const name = classOf(model, json, config);
  if (name === AS_IT_IS || isRebuilding(name)) return name;
  const file = modelFilePath(model, 'tokenizer_config.json');
  const [takes, remedy] =
    name === undefined
      ? ['transformers takes the class of this tokenizer from Python code ("auto_map")', 'remove "auto_map" and set']
      : [`transformers makes a ${name} of this folder, which takes only parts of tokenizer.json`, 'set'];
  const message = `${takes}, and this is not supported; ${remedy} "tokenizer_class" to "PreTrainedTokenizerFast" if tokenizer.json is right as it is`;
  throw new BadInput(message, { file });
}

/**
 * Names in `folder`, a copy of what `source` has, the class that `source` has, where transformers would take another for the copy: an adapter's
 * folder has no config.json, and a language model alone is of another type than the whole.
 */
export function keepTokenizerClass(source: string, folder: string): void {
  const file = join(folder, 'tokenizer_config.json');
  const [config, own] = [readJsonObject(file), readModelFile(source, 'tokenizer_config.json')];
  if (!config || !own) return;
  const name = classOf(source, () => readModelFile(source, 'tokenizer.json'), own);
  const json = () => readJsonObject(join(folder, 'tokenizer.json'));
  const taken = (fields: Json) => autoClass(classFields(join(folder, 'config.json'), json, fields));
  const named = { ...config, tokenizer_class: name === AS_IT_IS ? 'PreTrainedTokenizerFast' : name };
  if (taken(config) === name || taken(named) !== name) return;
  rmSync(file); // It may have been copied as read-only.
  writeJsonFlushed(file, named);
}

/** Whether the model's type alone decides the class, so that no name in the folder changes it. */
export const isDecidedByType = (model: string): boolean =>
  DISTRUSTED.includes(String(readJsonObject(join(homeOf(model, 'config.json'), 'config.json'))?.model_type));

function classOf(model: string, json: () => unknown, config: Json): string | undefined {
  const home = homeOf(model, 'config.json');
  return isGguf(home) ? AS_IT_IS : autoClass(classFields(join(home, 'config.json'), json, config));
}

function classFields(configFile: string, json: () => unknown, config: Json): ClassFields {
  const ofModel = readJsonObject(configFile);
  const map = config.auto_map;
  return {
    modelType: text(ofModel?.model_type),
    named: text(config.tokenizer_class),
    namedByModel: text(ofModel?.tokenizer_class),
    hasOwnCode: Array.isArray(map) || (typeof map === 'object' && map !== null && 'AutoTokenizer' in map),
    isByteLevel: () => JSON.stringify(json()).includes('"ByteLevel"'),
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
