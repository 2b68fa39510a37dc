/** What a step of the GPU bench is. */
export interface GpuWork {
  /** One of `SHAPES`. */
  shape: string;
  prompts: number;
  generations: number;
  tokens: number;
  promptTokens: number;
  /** Measured steps; one before them is not. */
  steps: number;
  /** Without learning. */
  rolloutsOnly: boolean;
}

/** Seconds of one step, by phase. */
export interface GpuStep {
  parameters: number;
  rollout: number;
  /** Log-probabilities under the reference policy. */
  reference: number;
  /** Forward, backward, optimizer. */
  update: number;
  step: number;
}
