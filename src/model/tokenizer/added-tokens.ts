/**
 * What a tokenizer's several files say of its added and special tokens, brought together as transformers does when it opens the folder
 * (`PreTrainedTokenizerBase._from_pretrained` and `TokenizersBackend.__init__` of transformers 5.23).
 */

type Json = Record<string, unknown>;

/** As tokenizer.json has it. */
interface AddedToken {
  id: number;
  content: string;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
  normalized?: boolean;
  special?: boolean;
}

/** Files that old versions wrote. They count where tokenizer_config.json has no `added_tokens_decoder`. */
export interface LegacyFiles {
  /** special_tokens_map.json. */
  specialTokensMap?: Json | undefined;
  /** added_tokens.json: ids by token. */
  addedTokens?: Json | undefined;
}

const NAMED = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map((name) => `${name}_token`);

/** tokenizer_config.json with what special_tokens_map.json adds to it, or says in its place. */
export function mergedConfig(config: Json, { specialTokensMap }: LegacyFiles): Json {
  if (!specialTokensMap || config.added_tokens_decoder !== undefined) return config;
  const extra = [config, specialTokensMap].flatMap(extraTokens);
  return { ...config, ...specialTokensMap, ...(extra.length > 0 && { extra_special_tokens: extra }) };
}

/** `bos_token`, `eos_token` and their like by name; the file has each as a string or as an object with its `content`. */
export function namedTokens(config: Json): Record<string, string> {
  const more = isObject(config.extra_special_tokens) ? config.extra_special_tokens : {};
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...config, ...more })) {
    const content = contentOf(value);
    if (content !== undefined && (name.endsWith('_token') || name in more)) tokens[name] = content;
  }
  return tokens;
}

/** tokenizer.json with every added token in it; `config` is the merged one. */
export function withAddedTokens(json: Json, config: Json, { addedTokens }: LegacyFiles): Json {
  const own = (Array.isArray(json.added_tokens) ? json.added_tokens : []) as AddedToken[];
  const tokens = new Map(own.map((token) => [token.content, { ...token }]));
  const named = namedTokens(config);
  const names = Object.values(named);
  let vocabulary: Map<string, number> | undefined;
  // A token keeps the id that it has, and a new one gets the next, whatever the files say.
  const newId = (content: string): number => {
    vocabulary ??= vocabularyOf(json);
    const known = vocabulary.get(content);
    if (known !== undefined) return known;
    let last = -1;
    for (const id of vocabulary.values()) last = Math.max(last, id);
    for (const { id } of tokens.values()) last = Math.max(last, id);
    return last + 1;
  };
  const add = (content: string, fields: Partial<AddedToken>) => {
    const id = tokens.get(content)?.id ?? newId(content);
    const special = fields.special || tokens.get(content)?.special || names.includes(content);
    tokens.set(content, { ...fields, content, id, special });
  };

  const decoder = isObject(config.added_tokens_decoder) ? Object.entries(config.added_tokens_decoder) : undefined;
  for (const [, token] of (decoder ?? []).sort(([a], [b]) => Number(a) - Number(b))) {
    const content = contentOf(token);
    if (content !== undefined) add(content, token as Partial<AddedToken>);
  }
  const legacy = Object.entries(decoder ? {} : (addedTokens ?? {})).sort(([, a], [, b]) => Number(a) - Number(b));
  const special = specialTokens(config);
  for (const [content] of legacy) {
    const isSpecial = special.includes(content);
    if (!tokens.has(content)) add(content, { special: isSpecial, normalized: !isSpecial });
  }
  for (const [name, content] of Object.entries(named)) {
    const known = tokens.get(content);
    if (known) known.special = true;
    else add(content, { normalized: false, ...(isObject(config[name]) && config[name]), special: true });
  }
  for (const token of extraTokens(config)) {
    const content = contentOf(token);
    if (content === undefined || tokens.has(content)) continue;
    add(content, { normalized: false, ...(isObject(token) && token), special: true });
  }
  return { ...json, added_tokens: [...tokens.values()] };
}

/** tokenizer.json with no flag but `special` at the tokens that `config` calls special. */
export function withSpecialOnly(json: Json, config: Json): Json {
  const special = [...Object.values(namedTokens(config)), ...extraTokens(config).map(contentOf)];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const added = json.added_tokens as AddedToken[];
  return {
    ...json,
    added_tokens: added.map((token) => (special.includes(token.content) ? { ...token, ...flags } : token)),
  };
}

/** The added tokens that the files list, by id: tokenizer_config.json's, or where it has none those of the other files. */
export function listedTokens(json: Json, config: Json, { addedTokens }: LegacyFiles): Json {
  if (isObject(config.added_tokens_decoder)) return config.added_tokens_decoder;
  const special = specialTokens(config);
  const old = Object.entries(addedTokens ?? {}).map(([content, id]) => {
    const isSpecial = special.includes(content);
    return [id, { content, special: isSpecial, normalized: !isSpecial }] as const;
  });
  const own = (Array.isArray(json.added_tokens) ? json.added_tokens : []) as AddedToken[];
  return Object.fromEntries([...old, ...own.map(({ id, ...token }) => [id, token] as const)]);
}

const specialTokens = (config: Json): (string | undefined)[] => {
  const named = namedTokens(config);
  return [...NAMED.map((name) => named[name]), ...extraTokens(config).map(contentOf)];
};

/** Special tokens without a name of their own, under either of their names. */
function extraTokens({ extra_special_tokens: extra, additional_special_tokens: additional }: Json): unknown[] {
  if (Array.isArray(extra) && extra.length > 0) return extra;
  return Array.isArray(additional) ? additional : [];
}

/** Ids by token. */
function vocabularyOf(json: Json): Map<string, number> {
  const vocabulary = isObject(json.model) ? json.model.vocab : undefined;
  if (isObject(vocabulary)) return new Map(Object.entries(vocabulary) as [string, number][]);
  return new Map((Array.isArray(vocabulary) ? vocabulary : []).map(([token], id) => [token as string, id]));
}

function contentOf(token: unknown): string | undefined {
  const content = isObject(token) ? token.content : token;
  return typeof content === 'string' ? content : undefined;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
