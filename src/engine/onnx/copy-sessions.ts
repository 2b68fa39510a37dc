import type { Tensor } from 'onnxruntime-node';
import { Graph } from './graph.ts';
import { modelProto } from './model-proto.ts';
import { PROVIDERS, type Provider } from './providers.ts';
import { InferenceSession } from './runtime.ts';
import { type ElementType, ONNX_TYPES } from './values.ts';

/**
 * Copies between host and device: graphs of one node, of tensors of any shape. ONNX Runtime's own `getData` aborts the process on a
 * tensor of the WebGPU provider (onnxruntime-node 1.30).
 */
export class CopySessions {
  readonly #sessions = new Map<string, Promise<InferenceSession>>();

  toDevice(provider: Provider, tensor: Tensor): Promise<Tensor> {
    return this.#copy(provider, PROVIDERS[provider].onDevice, tensor);
  }

  /** float16 becomes float32: only devices have float16. */
  toHost(provider: Provider, tensor: Tensor): Promise<Tensor> {
    return this.#copy(provider, 'cpu', tensor, tensor.type === 'float16' ? 'float32' : undefined);
  }

  /** float32, from either side, as float16 on the device. */
  toHalf(provider: Provider, tensor: Tensor): Promise<Tensor> {
    return this.#copy(provider, PROVIDERS[provider].onDevice, tensor, 'float16');
  }

  async #copy(
    provider: Provider,
    location: Tensor.DataLocation,
    tensor: Tensor,
    type = tensor.type as ElementType,
  ): Promise<Tensor> {
    const key = `${location} ${tensor.type} ${type}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = InferenceSession.create(copyGraph(provider, tensor.type as ElementType, type), {
        ...PROVIDERS[provider].session,
        preferredOutputLocation: location,
      });
      this.#sessions.set(key, session);
    }
    const results = await (await session).run({ x: tensor });
    return Object.values(results)[0]!;
  }
}

function copyGraph(provider: Provider, from: ElementType, to: ElementType): Uint8Array {
  const graph = new Graph(provider);
  const x = graph.input('x', from);
  const casts = from !== to && (to === 'float16' || to === 'float32');
  graph.output(casts ? graph.node('Cast', [x], { to: ONNX_TYPES[to] }) : x, to);
  return modelProto(graph);
}
