/** ONNX element types that TensorFlow.js programs use, with int64 for ONNX's own shapes and counters. */
export type ElementType = 'float32' | 'float16' | 'int32' | 'int64' | 'int8' | 'uint8' | 'uint16' | 'bool';

/** Their codes in ONNX (TensorProto.DataType). */
export const ONNX_TYPES: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** The name of a value in a graph: a node's output, an input or an initializer. */
export type Value = string;
