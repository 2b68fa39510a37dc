import * as z from 'zod';
import { BadInput } from '../../protocol/errors.ts';
import type { ModelConfig, ModelDescription } from '../config.ts';
import { withinOriginalContext } from '../context.ts';
import type { Module } from '../module.ts';
import { decoderFields } from './decoder-fields.ts';

/** What an architecture's file says: how `config.json` and a GGUF file's metadata describe a model of it. */
export interface Architecture {
  /** Hugging Face's `architectures` and `model_type` in config.json. */
  className: string;
  modelType: string;
  /** The model that the fields of config.json describe. Throws BadInput, with `file` named, for what is wrong or not supported. */
  describe(json: unknown, file: string): ModelDescription;
  /** Tensors in its files that transformers passes over as well, where they belong to no module. */
  passedOver?: RegExp;
  /** Undefined for those that llama.cpp does not have. */
  gguf?: GgufForm;
}

/** How llama.cpp keeps models of the architecture. */
export interface GgufForm {
  /** Its `general.architecture`. */
  name: string;
  /** Which of the files of this name are its; without it, those that are no other's. */
  reads?(file: GgufFile): boolean;
  /**
   * What its config.json calls the fields that all architectures have, where those names are not Llama's; it has no others of them than these.
   */
  fieldNames?: Readonly<Record<string, string>>;
  /** Its name for the epsilon of norms, where that is not the name of RMS norms'. */
  epsilon?: string;
  /** Fields of config.json besides those that all architectures have. */
  fields(file: GgufFile & { rope: RopeInFile }): Record<string, unknown>;
  /** Rope scalings that its files may have, besides that of Llama 3, or instead of it where frequencies are "proportional". */
  scalings?: readonly ('yarn' | 'longrope' | 'proportional')[];
  /** YaRN's factor of attention is in its files as the weight that transformers calls `mscale_all_dim`. */
  hasYarnWeight?: boolean;
  /** Its own names for modules, where they are not those in `modules.ts` and `layer-modules.ts`. Of several each has an equal share of the rows. */
  names?: Readonly<Record<string, string | readonly string[]>>;
  /** Tensors in its files that belong to no module here, and that are not needed. */
  passedOver?(tensor: string, model: ModelConfig): boolean;
  /** Where it has a tensor's values in another order. */
  order?(module: Module, shape: readonly number[], model: ModelConfig): GgufOrder | undefined;
  /**
   * That its models can be written, when llama.cpp's computes all that ours do; `problem` says in words what of a model it does not, and what
   * would silently be missing. Without it they are only read. Both may ask for a model whose layers all have attention, where all have.
   */
  writes?: {
    problem?(model: ModelDescription): string | undefined;
    /** Metadata besides that of all architectures, under names without that of the architecture. */
    metadata?(model: ModelDescription): Record<string, GgufField>;
    /** Its layers may differ or have windows: `problem` says which of them llama.cpp does not have. */
    hasKindsOfLayers?: boolean;
  };
}

/** llama.cpp has a tensor's values, `size` of them at a time, in another order: the nth of transformers' is at `place(n)` there. */
export interface GgufOrder {
  size: number;
  place(index: number): number;
}

/** What an architecture reads in a GGUF file besides what all have. */
export interface GgufFile {
  /** Whether there is a tensor of llama.cpp's name. */
  has(tensor: string): boolean;
  /** The first of its axes. */
  rows(tensor: string): number | undefined;
  /** A number of the metadata, by its name without that of the architecture. */
  number(key: string): number | undefined;
  /** A truth value of it, likewise. */
  flag(key: string): boolean | undefined;
  /** A list of it, likewise. */
  list(key: string): unknown[] | undefined;
}

/** A file's main rotary table, in the fields of `rope_parameters`. */
export type RopeInFile = Readonly<Record<string, unknown>>;

/** A value that is written, and how llama.cpp wants it. */
export type GgufField =
  | { type: 'uint32' | 'float32'; value: number }
  | { type: 'string'; value: string }
  | { type: 'bool'; value: boolean }
  | { type: 'int32s'; value: readonly number[] }
  | { type: 'bools'; value: readonly boolean[] };

/** Fields of config.json that all decoders have, and those of an architecture. */
type Fields<S extends z.ZodRawShape> = z.infer<z.ZodObject<Omit<typeof decoderFields, keyof S> & S>>;

/** An architecture whose `config.json` has `fields` besides those that all decoders have. */
export function architecture<S extends z.ZodRawShape>(parts: {
  className: string;
  modelType: string;
  fields: S;
  describe(fields: Fields<S>, file: string): ModelDescription;
  passedOver?: RegExp;
  gguf?: GgufForm;
}): Architecture {
  const schema = z.object({ ...decoderFields, ...parts.fields });
  return {
    ...parts,
    describe: (json, file) => withinOriginalContext(parts.describe(checked(schema, json, file) as Fields<S>, file)),
  };
}

/** `json` as the schema describes it, or one sentence about its first wrong field. */
export function checked<S extends z.ZodType>(schema: S, json: unknown, file: string): z.infer<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new BadInput(`"${issue.path.join('.')}" ${issue.message}`, { file });
}
