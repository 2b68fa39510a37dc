/** A tensor in a model's files, by its Hugging Face name. */
export interface StoredTensor {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
  /** Its values as float32; fills the given array, if there is one. */
  read(into?: Float32Array): Float32Array;
}
