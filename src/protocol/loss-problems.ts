/** Settings of the loss that contradict each other. */
interface LossSettings {
  beta: number;
  syncRefModel: boolean;
  refModelMixupAlpha: number;
  lora: object | null;
  dpoCoef: number;
  numMiniBatches: number;
  useAdaptiveEntropy: boolean;
  entropyCoefMin: number;
  entropyCoefMax: number;
}

/** What is wrong, each at its field and in words that follow the field's name. */
export function lossProblems(config: LossSettings): { field: keyof LossSettings; message: string }[] {
  const { beta, syncRefModel, refModelMixupAlpha, lora, dpoCoef, numMiniBatches } = config;
  const { useAdaptiveEntropy, entropyCoefMin: least, entropyCoefMax: most } = config;
  const problems: [isWrong: boolean, field: keyof LossSettings, message: string][] = [
    [
      refModelMixupAlpha < 1 && !syncRefModel,
      ...(['refModelMixupAlpha', 'requires syncRefModel: without it the reference never changes'] as const),
    ],
    [
      refModelMixupAlpha < 1 && lora !== null,
      ...(['refModelMixupAlpha', 'cannot be combined with lora: adapters cannot be mixed weight by weight'] as const),
    ],
    [dpoCoef > 0 && beta === 0, 'dpoCoef', 'requires a reference policy; set beta above 0'],
    [
      dpoCoef > 0 && numMiniBatches > 1,
      ...(['dpoCoef', 'cannot be combined with numMiniBatches: a pair may end up in two of them'] as const),
    ],
    [useAdaptiveEntropy && least > most, 'entropyCoefMin', `must not be above entropyCoefMax (${most})`],
  ];
  return problems.flatMap(([isWrong, field, message]) => (isWrong ? [{ field, message }] : []));
}
