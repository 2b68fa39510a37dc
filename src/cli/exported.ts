/** What an export has given. */
export interface Exported {
  /** What its user should know, in sentences. */
  notes: string[];
  /** The lines that make a model of it in Ollama. */
  modelfile?: string;
}
