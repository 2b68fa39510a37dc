/** A module of the model as transformers has it: what tensors, adapters and files are named by. */
export type Module =
  | LinearModule
  | HeadModule
  | NormModule
  | EmbeddingModule
  | PositionEmbeddingModule
  | PositionsModule
  | ConvolutionModule
  | ParametersModule
  | ContainerModule;

interface Named {
  /** Its path in the Hugging Face model. */
  name: string;
  /** What llama.cpp names its tensors by, if it has any. */
  gguf?: string;
}

/** A matrix [outputs, inputs] of a layer, and perhaps a bias [outputs]. */
export interface LinearModule extends Named {
  kind: 'linear';
  outputs: number;
  inputs: number;
  bias: boolean;
  /** What it is packed into, with others that have the same input: see `packing.ts`. */
  pack?: string;
  /** Its outputs are heads of this width, whose features are rotated in pairs. */
  rotatedHeadDim?: number;
}

/** The output head: a matrix [outputs, inputs], unless it is the embedding's. */
interface HeadModule extends Named {
  kind: 'head';
  outputs: number;
  inputs: number;
}

/** A weight [size], and perhaps a bias [size]. */
interface NormModule extends Named {
  kind: 'norm';
  size: number;
  bias?: boolean;
  /** The weight is what is multiplied with, even in models whose other norms have an offset to theirs. */
  isWhole?: boolean;
}

/** A matrix [words, width]. */
interface EmbeddingModule extends Named {
  kind: 'embedding';
  words: number;
  width: number;
}

/** A matrix [positions, hiddenSize]. */
interface PositionEmbeddingModule extends Named {
  kind: 'position-embedding';
  positions: number;
}

/** A matrix [size, size] for each of `positions`: [positions, size, size]. */
interface PositionsModule extends Named {
  kind: 'positions';
  positions: number;
  size: number;
}

/** A filter for each of `channels`, [channels, 1, width], and perhaps a bias [channels]. */
interface ConvolutionModule extends Named {
  kind: 'convolution';
  channels: number;
  width: number;
  bias: boolean;
}

/** Tensors of its own besides modules, [size] each. */
interface ParametersModule extends Named {
  kind: 'parameters';
  sizes: Readonly<Record<string, number>>;
  /** Training leaves them alone. */
  constant?: boolean;
}

/** Without tensors of its own; a pattern of module names may match it all the same. */
interface ContainerModule extends Named {
  kind: 'container';
}
