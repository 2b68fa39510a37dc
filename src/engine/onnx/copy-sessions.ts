import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { type ElementType, Graph } from './graph.ts';
import { PROVIDERS, type Provider } from './providers.ts';

/**
 * Copies between host and device: graphs of one Identity, of tensors of any shape. ONNX Runtime's own `getData` aborts the process on a
 * tensor of the WebGPU provider (onnxruntime-node 1.30).
 */
export class CopySessions {
  readonly #sessions = new Map<string, Promise<InferenceSession>>();

  toDevice(provider: Provider, tensor: Tensor): Promise<Tensor> {
    return this.#copy(provider, PROVIDERS[provider].onDevice, tensor);
  }

  toHost(provider: Provider, tensor: Tensor): Promise<Tensor> {
    return this.#copy(provider, 'cpu', tensor);
  }

  async #copy(provider: Provider, location: Tensor.DataLocation, tensor: Tensor): Promise<Tensor> {
    const key = `${location} ${tensor.type}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = InferenceSession.create(identity(provider, tensor.type as ElementType), {
        ...PROVIDERS[provider].session,
        preferredOutputLocation: location,
      });
      this.#sessions.set(key, session);
    }
    const results = await (await session).run({ x: tensor });
    return Object.values(results)[0]!;
  }
}

function identity(provider: Provider, type: ElementType): Uint8Array {
  const graph = new Graph(provider);
  graph.output(graph.input('x', type), type);
  return graph.toModel();
}
