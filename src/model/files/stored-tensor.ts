import { readTensor, type TensorEntry } from './safetensors.ts';

/** A tensor in a model's files, by its Hugging Face name. */
export interface StoredTensor {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
  /** Its values as float32; fills the given array, if there is one. */
  read(into?: Float32Array): Float32Array;
  /** Defined where the file has it in blocks that a base may be kept in. */
  stored?: StoredBlocks | undefined;
}

/** llama.cpp's blocks of 8 or 4 bits. */
export interface StoredBlocks {
  type: 'Q8_0' | 'Q4_0';
  /** Their bytes, as `read` gives their values. */
  read(): Uint8Array;
}

/** A tensor of a safetensors file. */
export const storedTensor = (entry: TensorEntry): StoredTensor => ({
  ...entry,
  read: (into) => readTensor(entry, into),
});
