/** What **Add as Sample** of a problem adds: the tried completion, on the prompt of a sample, with what it should earn. */
export interface ProbeSample {
  samples: string;
  line: number;
  completion: string;
  expect: Record<string, number>;
}
