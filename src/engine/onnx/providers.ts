import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** ONNX Runtime's providers that programs are recorded for, by the names of a run config's devices. */
export type Provider = 'cpu' | 'webgpu';

interface ProviderTraits {
  session: InferenceSession.SessionOptions;
  /** Where an output stays that is not brought to the host. */
  onDevice: Tensor.DataLocation;
  /** See `Engine`. */
  stepsPerRun: number;
}

export const PROVIDERS: Record<Provider, ProviderTraits> = {
  cpu: {
    session: {
      executionProviders: ['cpu'],
      // A plan of all buffers beforehand takes 1.7 times the memory of the arena alone and, measured on training steps, no less time.
      enableMemPattern: false,
      extra: {
        // Each graph has threads of its own; those still spinning after a run would take the cores from the next graph's.
        session: { force_spinning_stop: '1' },
        // Arm's products of matrices, which are not the same each time (https://github.com/microsoft/onnxruntime/issues/31569).
        mlas: { disable_kleidiai: '1' },
      },
      logSeverityLevel: 3,
    },
    onDevice: 'cpu',
    // A whole chunk of a generation is one run of an ONNX Loop: each output of a run is copied, caches included.
    stepsPerRun: 32,
  },
  webgpu: {
    session: {
      executionProviders: ['webgpu'],
      enableMemPattern: false,
      // More would fuse transposes into products of a kind that this provider leaves to the CPU.
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
    },
    onDevice: 'gpu-buffer',
    // It has no Loop; caches stay on the device from run to run.
    stepsPerRun: 1,
  },
};
