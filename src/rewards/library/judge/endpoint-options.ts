/** Where a judge is, what it costs, and how patiently it is asked. */
export interface EndpointOptions {
  /** The server's address up to `/v1`, such as `http://localhost:11434/v1`: llama.cpp, Ollama, LM Studio, vLLM, or a cloud with the API of OpenAI. */
  url: string;
  /** The model's name, as the server knows it. */
  model: string;
  /** The environment variable with the key, if the server wants one; name it in the run config's `rewardEnv`. */
  apiKeyEnv?: string;
  /** What a million tokens cost, in any currency; with it, metrics and `grpo score` have the cost. Default: none. */
  prices?: {
    /** Tokens that the judge reads. */
    prompt: number;
    /** Tokens that the judge writes. */
    completion: number;
  };
  /** Seconds that one answer may take. Default: 60. */
  timeoutSeconds?: number;
  /** How often a question is asked again that got no usable answer. Default: 4. */
  retries?: number;
  /** Questions at a time. Default: 8. */
  concurrency?: number;
}
