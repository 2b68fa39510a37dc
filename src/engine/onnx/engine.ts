import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Compiled, Engine, Program } from '../engine.ts';
import { type ArraysOf, type ArrayTree, leaves, type NdArray, signature, type TensorTree, treeOf } from '../tree.ts';
import { trace } from './trace.ts';

/** A graph that one input signature compiled to. */
interface CompiledGraph {
  session: InferenceSession;
  /** Output paths, in the session's order. */
  outputs: string[];
}

const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  // A plan of all buffers beforehand takes 1.7 times the memory of the arena alone and, measured on training steps, no less time.
  enableMemPattern: false,
  // Each graph has threads of its own; those still spinning after a run would take the cores from the next graph's.
  extra: { session: { force_spinning_stop: '1' } },
  logSeverityLevel: 3,
};

/** Runs programs as ONNX graphs on ONNX Runtime's CPU provider. */
export class OnnxEngine implements Engine {
  readonly name = 'cpu';
  compilations = 0;

  compile<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    maxGraphs = 6,
  ): Compiled<I, O> {
    // A Map keeps insertion order: the first entry is the least recently used.
    const graphs = new Map<string, Promise<CompiledGraph>>();

    const graphFor = (inputs: ArrayTree): Promise<CompiledGraph> => {
      const key = leaves(inputs)
        .map(([path, leaf]) => `${path}:${signature(leaf)}`)
        .join(' ');
      const known = graphs.get(key);
      graphs.delete(key);
      const graph = known ?? this.#compileGraph(name, program, inputs);
      graphs.set(key, graph);
      // What failed to compile is not kept: it would fail again from the cache without being tried.
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
      async run(inputs) {
        const tree = inputs as ArrayTree;
        const { session, outputs } = await graphFor(tree);
        const feeds = leaves(tree).map(([path, { dtype, data, shape }]) => [
          path,
          new Tensor(dtype, data as never, shape),
        ]);
        const results = await session.run(Object.fromEntries(feeds));
        const arrays = outputs.map((path, index) => [path, toArray(results[session.outputNames[index]!]!)] as const);
        return treeOf(arrays) as ArraysOf<O>;
      },
      async dispose() {
        const live = [...graphs.values()];
        graphs.clear();
        await Promise.all(live.map(async (graph) => (await graph).session.release()));
      },
    };
  }

  async #compileGraph<I extends TensorTree, O extends TensorTree>(
    name: string,
    program: Program<I, O>,
    inputs: ArrayTree,
  ): Promise<CompiledGraph> {
    this.compilations++;
    try {
      const { model, outputs } = trace(program, inputs);
      const session = await InferenceSession.create(model, SESSION_OPTIONS);
      return { session, outputs };
    } catch (error) {
      throw new Error(`compiling "${name}" failed: ${(error as Error).message}`, { cause: error });
    }
  }
}

function toArray({ type, data, dims }: Tensor): NdArray {
  return { dtype: type as NdArray['dtype'], shape: [...dims], data: data as Float32Array };
}
