import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Attribute, type Constant, Graph, type Node, type Port } from './graph.ts';
import { ONNX_TYPES, type Value } from './values.ts';

/** The graph as a serialized ModelProto. */
export function modelProto(graph: Graph): Uint8Array {
  const model = new BinaryWriter();
  model.tag(1, WireType.Varint).int64(10); // ir_version
  model.tag(2, WireType.LengthDelimited).string('grpo-lab');
  message(model, 7, (w) => writeGraph(w, graph, graph));
  for (const [domain, version] of Object.entries({ '': 21, 'com.microsoft': 1 })) {
    message(model, 8, (w) => {
      w.tag(1, WireType.LengthDelimited).string(domain);
      w.tag(2, WireType.Varint).int64(version);
    });
  }
  return model.finish();
}

// Field numbers below are those of onnx.proto3.

function message(writer: BinaryWriter, field: number, write: (w: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

/** `root` where it is the root graph, which has the constants. */
function writeGraph(
  w: BinaryWriter,
  graph: Graph,
  { constants, externals } = { constants: [], externals: [] } as Pick<Graph, 'constants' | 'externals'>,
): void {
  const nodes = neededNodes(graph);
  for (const node of nodes) message(w, 1, () => writeNode(w, node));
  w.tag(2, WireType.LengthDelimited).string('g');
  for (const constant of constants) {
    writeConstant(w, constant, () => w.tag(9, WireType.LengthDelimited).bytes(constant.bytes));
  }
  for (const external of externals) {
    writeConstant(w, external, () => {
      const place = { location: external.name, offset: '0', length: String(external.bytes.length) };
      for (const [key, value] of Object.entries(place))
        message(w, 13, () =>
          w.tag(1, WireType.LengthDelimited).string(key).tag(2, WireType.LengthDelimited).string(value),
        );
      w.tag(14, WireType.Varint).int32(1); // data_location: EXTERNAL
    });
  }
  for (const port of graph.inputs) message(w, 11, () => writePort(w, port));
  for (const port of graph.outputs) message(w, 12, () => writePort(w, port));
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const value of nodes.flatMap((node) => node.outputs)) {
    const description = graph.descriptions.get(value);
    if (description && !outputs.has(value)) message(w, 13, () => writePort(w, description));
  }
}

function writeConstant(w: BinaryWriter, { name, type, shape }: Constant, writeData: () => void): void {
  message(w, 5, () => {
    for (const size of shape) w.tag(1, WireType.Varint).int64(size);
    w.tag(2, WireType.Varint).int32(ONNX_TYPES[type]);
    w.tag(8, WireType.LengthDelimited).string(name);
    writeData();
  });
}

/** The nodes that an output depends on: ONNX Runtime would run the others too. */
function neededNodes(graph: Graph): Node[] {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const value of valuesRead(node)) needed.add(value);
  }
  return nodes.reverse();
}

/** A node's inputs, and the values that its subgraphs capture. */
function valuesRead({ inputs, attributes }: Node): Value[] {
  const inner = Object.values(attributes).filter((attribute) => attribute instanceof Graph);
  const seen = inner.flatMap((graph) => [...graph.nodes.flatMap(valuesRead), ...graph.outputs.map(({ name }) => name)]);
  return [...inputs, ...seen];
}

function writeNode(w: BinaryWriter, { op, domain, inputs, outputs, attributes }: Node): void {
  for (const name of inputs) w.tag(1, WireType.LengthDelimited).string(name);
  for (const name of outputs) w.tag(2, WireType.LengthDelimited).string(name);
  w.tag(4, WireType.LengthDelimited).string(op);
  for (const [name, value] of Object.entries(attributes)) message(w, 5, () => writeAttribute(w, name, value));
  if (domain) w.tag(7, WireType.LengthDelimited).string(domain);
}

function writeAttribute(w: BinaryWriter, name: string, value: Attribute): void {
  w.tag(1, WireType.LengthDelimited).string(name);
  const type = (code: number) => w.tag(20, WireType.Varint).int32(code);
  if (typeof value === 'number') {
    w.tag(3, WireType.Varint).int64(value);
    type(2);
  } else if (typeof value === 'string') {
    w.tag(4, WireType.LengthDelimited).string(value);
    type(3);
  } else if (Array.isArray(value)) {
    for (const item of value) w.tag(8, WireType.Varint).int64(item);
    type(7);
  } else if (value instanceof Graph) {
    message(w, 6, () => writeGraph(w, value));
    type(5);
  } else {
    w.tag(2, WireType.Bit32).float(value.float);
    type(1);
  }
}

function writePort(w: BinaryWriter, { name, type, shape }: Port): void {
  w.tag(1, WireType.LengthDelimited).string(name);
  message(w, 2, () =>
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(ONNX_TYPES[type]);
      if (!shape) return;
      message(w, 2, () => {
        shape.forEach((size) => {
          message(w, 1, () => {
            if (typeof size === 'string') w.tag(2, WireType.LengthDelimited).string(size);
            else if (size !== null) w.tag(1, WireType.Varint).int64(size);
          });
        });
      });
    }),
  );
}
