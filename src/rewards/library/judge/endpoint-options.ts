/** Where a judge is, and how patiently it is asked. */
export interface EndpointOptions {
  /** The server's address up to `/v1`, such as `http://localhost:11434/v1`: llama.cpp, Ollama, LM Studio, vLLM, or a cloud with the API of OpenAI. */
  url: string;
  /** The model's name, as the server knows it. */
  model: string;
  /** The environment variable with the key, if the server wants one; name it in the run config's `rewardEnv`. */
  apiKeyEnv?: string;
  /** Seconds that one answer may take. Default: 60. */
  timeoutSeconds?: number;
  /** How often a question is asked again that got no usable answer. Default: 4. */
  retries?: number;
  /** Questions at a time. Default: 8. */
  concurrency?: number;
}
