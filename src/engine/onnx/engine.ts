import { join } from 'node:path';
import type { InferenceSession as Session } from 'onnxruntime-node';
import type { Compiled, CompileOptions, Engine, Program } from '../engine.ts';
import {
  type ArraysOf,
  type ArrayTree,
  DeviceArray,
  leaves,
  type NdArray,
  signature,
  type TensorTree,
  treeOf,
} from '../tree.ts';
import { CopySessions } from './copy-sessions.ts';
import { deviceFailure } from './device-failure.ts';
import { PROVIDERS, type Provider } from './providers.ts';
import { InferenceSession, Tensor } from './runtime.ts';
import { trace } from './trace.ts';

/** A graph that one input signature compiled to. */
interface CompiledGraph {
  session: InferenceSession;
  /** Output paths, in the session's order. */
  outputs: string[];
}

/** Programs rarely need more shapes at the same time: sizes that differ from run to run are open, or rounded to powers of two. */
const MAX_GRAPHS = 6;

/** Runs programs as ONNX graphs on one of ONNX Runtime's providers. */
export class OnnxEngine implements Engine {
  readonly name: Provider;
  readonly stepsPerRun: number;
  readonly half: boolean;
  compilations = 0;
  readonly #copies = new CopySessions();
  readonly #profile: string | undefined;
  readonly #session: Session.SessionOptions;
  readonly #profiled: InferenceSession[] = [];

  /**
   * `half` asks the device to compute in float16 (WebGPU's `shader-f16`). `profile` is a folder: `endProfiles` writes ONNX Runtime's
   * profile of each session to it, NAME_TIME.json.
   */
  constructor(
    provider: Provider = 'cpu',
    { half = false, profile, session }: { half?: boolean; profile?: string; session?: Session.SessionOptions } = {},
  ) {
    this.name = provider;
    this.half = half;
    this.#profile = profile;
    this.#session = { ...PROVIDERS[provider].session, ...session };
    this.stepsPerRun = PROVIDERS[provider].stepsPerRun;
  }

  compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    {
      resident = [],
      halves = [],
      smallSizes = [],
      packsFrozen = false,
      maxGraphs = MAX_GRAPHS,
    }: CompileOptions<O> = {},
  ): Compiled<I, O> {
    // A Map keeps insertion order: the first entry is the least recently used.
    const graphs = new Map<string, Promise<CompiledGraph>>();

    const graphFor = (inputs: ArrayTree): Promise<CompiledGraph> => {
      const key = leaves(inputs)
        .map(([path, leaf]) => `${path}:${signature(leaf)}${packsFrozen && leaf.frozen ? `#${idOf(leaf.data)}` : ''}`)
        .join(' ');
      const known = graphs.get(key);
      graphs.delete(key);
      const graph = known ?? this.#compileGraph(name, program, inputs, { resident, halves, smallSizes, packsFrozen });
      graphs.set(key, graph);
      // A failed compilation is not kept, so that it is tried again.
      graph.catch(() => graphs.delete(key));
      const [oldest] = graphs.keys();
      if (graphs.size > maxGraphs) {
        void graphs.get(oldest!)!.then(
          ({ session }) => session.release(),
          () => {},
        );
        graphs.delete(oldest!);
      }
      return graph;
    };

    return {
      run: async (inputs, into = {}) => {
        const tree = inputs as ArrayTree;
        const { session, outputs } = await graphFor(tree);
        const feeds = Object.fromEntries(leaves(tree).map(([path, array]) => [path, toTensor(array)]));
        const given = new Map(leaves(into as ArrayTree));
        const results = await this.#watched(session.run(feeds, fetches(session, outputs, given)));
        const arrays = outputs.map((path, index): [string, NdArray] => {
          const result = toArray(results[session.outputNames[index]!]!);
          const own = given.get(path);
          // ONNX Runtime's binding gives a copy all the same.
          if (own) free(result.data.buffer as ArrayBuffer);
          return [path, own ?? result];
        });
        return treeOf(arrays) as ArraysOf<O>;
      },
      async dispose() {
        const live = [...graphs.values()];
        graphs.clear();
        await Promise.all(live.map(async (graph) => (await graph).session.release()));
      },
    };
  }

  async upload<T extends ArrayTree>(arrays: T): Promise<T> {
    if (this.name === 'cpu') return arrays;
    return this.#mapLeaves(arrays, async (array) =>
      array instanceof DeviceArray
        ? array
        : toArray(await this.#watched(this.#copies.toDevice(this.name, toTensor(array)))),
    );
  }

  async download<T extends ArrayTree>(arrays: T): Promise<T> {
    return this.#mapLeaves(arrays, async (array) =>
      array instanceof DeviceArray
        ? toArray(await this.#watched(this.#copies.toHost(this.name, toTensor(array))))
        : array,
    );
  }

  async toHalf<T extends ArrayTree>(arrays: T): Promise<T> {
    return this.#mapLeaves(arrays, async (array) =>
      toArray(await this.#watched(this.#copies.toHalf(this.name, toTensor(array)))),
    );
  }

  endProfiles(): void {
    for (const session of this.#profiled.splice(0)) session.endProfiling();
  }

  release(arrays: ArrayTree): void {
    for (const [, array] of leaves(arrays)) {
      if (array instanceof DeviceArray) toTensor(array).dispose();
      else if (array.computed) free(array.data.buffer as ArrayBuffer);
    }
  }

  async #watched<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.name === 'cpu' ? error : deviceFailure(error);
    }
  }

  /** One after another, because a copy waits for the device. */
  async #mapLeaves<T extends ArrayTree>(arrays: T, copy: (array: NdArray) => Promise<NdArray>): Promise<T> {
    const copied: [string, NdArray][] = [];
    for (const [path, array] of leaves(arrays)) copied.push([path, await copy(array)]);
    return treeOf(copied) as T;
  }

  async #compileGraph<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    inputs: ArrayTree,
    { resident, halves, smallSizes, packsFrozen }: Required<Omit<CompileOptions<O>, 'maxGraphs'>>,
  ): Promise<CompiledGraph> {
    this.compilations++;
    try {
      const { model, externalData, outputs, outputNames } = trace(program, inputs, {
        provider: this.name,
        smallSizes,
        packsFrozen,
        ...(this.half && { halves }),
      });
      const { onDevice } = PROVIDERS[this.name];
      const stays = (path: string) => resident.includes(path.split('/')[0]!);
      const locations = outputs.map((path, index) => [outputNames[index]!, stays(path) ? onDevice : 'cpu']);
      const session = await InferenceSession.create(model, {
        ...this.#session,
        ...(this.#profile && { enableProfiling: true, profileFilePrefix: join(this.#profile, name) }),
        ...(externalData.length > 0 && { externalData }),
        ...(onDevice !== 'cpu' && { preferredOutputLocation: Object.fromEntries(locations) }),
      });
      if (this.#profile) this.#profiled.push(session);
      return { session, outputs };
    } catch (error) {
      throw new Error(`compiling "${name}" failed: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Where to write each output: null where its memory is still to be allocated. */
const fetches = (
  { outputNames }: InferenceSession,
  outputs: readonly string[],
  into: ReadonlyMap<string, NdArray>,
): Record<string, Tensor | null> =>
  Object.fromEntries(
    outputs.map((path, index) => [outputNames[index]!, into.has(path) ? toTensor(into.get(path)!) : null]),
  );

let arrays = 0;
const ids = new WeakMap<object, number>();

/** A number of its own for each array. */
function idOf(data: object): number {
  const id = ids.get(data) ?? arrays++;
  ids.set(data, id);
  return id;
}

function toTensor(array: NdArray): Tensor {
  return array instanceof DeviceArray
    ? (array.handle as Tensor)
    : new Tensor(array.dtype, array.data as never, array.shape);
}

/** Right away, without waiting for the garbage collector: outputs may be as large as all weights. Does nothing in Node.js 20. */
function free(buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer }): void {
  buffer.transfer?.(0);
}

function toArray(tensor: Tensor): NdArray {
  const dtype = tensor.type as NdArray['dtype'];
  const shape = [...tensor.dims];
  if (tensor.location !== 'cpu') return new DeviceArray({ dtype, shape }, tensor);
  return { dtype, shape, data: tensor.data as Float32Array, computed: true };
}
