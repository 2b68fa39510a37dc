/** ONNX element types that TensorFlow.js programs use, with int64 for ONNX's own shapes and counters. */
export type ElementType = 'float32' | 'float16' | 'int32' | 'int64' | 'bool';
export const ONNX_FLOATS = { float32: 1, float16: 10 } as const;

/** The name of a value in a graph: a node's output, an input or an initializer. */
export type Value = string;
