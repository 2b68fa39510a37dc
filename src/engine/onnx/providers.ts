import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** ONNX Runtime's providers that programs are recorded for. */
export type Provider = 'cpu' | 'webgpu';

interface ProviderTraits {
  session: InferenceSession.SessionOptions;
  /** The location of an output that is not copied to the host. */
  onDevice: Tensor.DataLocation;
  /** See `Engine`. */
  stepsPerRun: number;
}

export const PROVIDERS: Record<Provider, ProviderTraits> = {
  cpu: {
    session: {
      executionProviders: ['cpu'],
      // Planning all buffers ahead takes 1.7 times the memory of the arena alone and, measured on training steps, saves no time.
      enableMemPattern: false,
      extra: {
        // Each graph has its own threads; those still spinning after a run would take the cores from the next graph.
        session: { force_spinning_stop: '1' },
        // Arm's matrix products are not reproducible (https://github.com/microsoft/onnxruntime/issues/31569).
        mlas: { disable_kleidiai: '1' },
      },
      logSeverityLevel: 3,
    },
    onDevice: 'cpu',
    // Many steps are one run of an ONNX Loop: each output of a run is copied, the loop's state included.
    stepsPerRun: 32,
  },
  webgpu: {
    session: {
      executionProviders: ['webgpu'],
      enableMemPattern: false,
      // Higher levels fuse transposes into a kind of product that this provider leaves to the CPU.
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
    },
    onDevice: 'gpu-buffer',
    // It has no Loop; state stays on the device between runs.
    stepsPerRun: 1,
  },
};
