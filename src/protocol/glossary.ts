/**
 * The terms of the dashboard and the documentation, each in one sentence: the tooltips of webviews (`webview/term.ts`) and
 * docs/glossary.md say the same. In alphabetical order.
 */
export const GLOSSARY = {
  abstained:
    'A reward function abstains when it gives a completion no score (null); a group counts as abstained when fewer than two of its completions have a reward.',
  advantage:
    'How much better a completion is than the others of its group: its reward minus a baseline, by default divided by their standard deviation; a positive one makes the completion more likely, a negative one less.',
  'all equal':
    'All completions of a group got the same reward, neither the best nor the worst of the step (or the whole step got it): there is nothing to learn from it.',
  baseline:
    "What a reward is measured against: the mean of the group, or as `baseline` says, the mean of the other completions, or of the group and the prompt's earlier rewards.",
  checkpoint:
    'The trained weights, the optimizer and the position in the dataset after a step, from which a run can be resumed.',
  'clip ratio':
    'Share of tokens (or completions) whose probability ratio has left the clip range in the direction of its advantage, so that they no longer move the model; of the tokens that the update computes.',
  completion: 'What the model writes after a prompt.',
  'completion length': 'Number of tokens that the model wrote after the prompt, the end-of-sequence token included.',
  distribution:
    'How many completions of a step got which reward: the darker a cell, the larger the share of the step that is in its range.',
  duration: 'Time spent in steps, evaluations and checkpoints since the start of the run; pauses do not count.',
  entropy:
    'How undecided the model is about the next token, in nats, averaged over the tokens that the update computes: without `beta` and an entropy bonus those of groups with a signal; near 0 all completions of a prompt are alike.',
  'entropy bonus':
    'What the loss pays for entropy, so that completions stay diverse: `entropyCoef` per nat; with `useAdaptiveEntropy` the weight follows what is missing to `entropyTarget`.',
  extra:
    'With `generations`: completions that were added to groups without a signal; a group then has more of them than others.',
  'gradient norm':
    'Length of the gradient over all trained weights before clipping; above `maxGradNorm` the gradient is scaled down to it.',
  group: 'The completions of one prompt in one step, which GRPO compares with each other.',
  'held-out reward':
    'Mean reward on prompts that the run does not train on, before the first step and at each evaluation: whether what was learned holds for other prompts.',
  kept: 'Of the completions that a rejection stage sampled, those that it keeps for later stages to learn from.',
  KL: 'Divergence of the trained model from the reference policy, estimated per token in nats: how far training has moved it.',
  'learning rate': 'Size of a weight update; it follows the schedule of the config.',
  'log-probability': 'Natural logarithm of the probability that the model gave a token: 0 is certain, −2.3 is 10 %.',
  loss: 'What the optimizer minimizes; in GRPO it says nothing about progress, because advantages are relative to each group.',
  'off-policy mask':
    'With `offPolicyMaskThreshold`: share of completions, of those that the update computes, that no longer count, because their advantage is negative and the model has already become much less likely to write them.',
  policy: 'The model that is being trained, seen as what chooses the next token.',
  'preference margin':
    'With `dpoCoef`: how much more the model has moved towards the best completion of a group than towards the worst one, seen from the reference policy; above 0 the pair is in the right order.',
  'preference term':
    'With `dpoCoef`: the part of the loss (DPO) that makes the best completion of a group more likely than the worst one, both compared with the reference policy.',
  'probability ratio':
    'How much more likely the current model makes a sampled token (or completion) than the model that sampled it: 1 is unchanged.',
  'reference policy':
    'The model that the KL divergence is measured from: the start model, or with `syncRefModel` a later copy, or a mixture of both (`refModelMixupAlpha`).',
  replayed:
    'With `replay`: the share of the completions that a step learned from which earlier steps have sampled; each counts by its weight, which is 1 where the policy is still the one that sampled it.',
  reward: 'The weighted sum of the scores that the reward functions give a completion.',
  rollout: 'A completion sampled for training, with its prompt, scores and advantage.',
  rounds:
    'With `dynamicSampling`: how often the step drew prompts until enough groups had a signal, at most `maxRounds` times.',
  'scoring failure': 'A reward function threw an error, ran out of time or returned something that is not a score.',
  signal:
    'A group has a learning signal when its completions, or their steps, got different rewards (or others than before, with `baseline: "history"`); without one its advantages are 0 and it teaches nothing.',
  'solve rate': "Share of a prompt's completions whose reward is at least what counts as solved.",
  stage:
    'A part of a run with its own way of training, such as supervised fine-tuning before GRPO; each stage continues with the weights of the one before.',
  'std. dev.': 'Standard deviation: how far values typically are from their mean (with n − 1).',
  'std. dev. within groups':
    "Standard deviation of a group's rewards, averaged over the groups of a step; the band around the mean ends where the rewards of the step do.",
  step: 'One round of training: prompts are drawn, completions are sampled and scored, and the weights are updated.',
  'step time': 'Seconds that a step took, from drawing prompts to the updated weights.',
  'token accuracy':
    'In supervised fine-tuning, the share of tokens of the demonstrations that the model thinks the likeliest.',
  'tokens/s': 'Tokens of prompts and completions per second of step time, over the recent steps.',
  'too easy': 'All completions of a group got the same reward, the best of the step: there is nothing to improve.',
  'too hard': 'All completions of a group got the same reward, the worst of the step: no completion shows a way.',
  truncated: 'Cut off at `maxCompletionLength` tokens before its end; a group, when all of its completions were.',
  'VESPO weight':
    'With `lossType` vespo: how much completions count, on average over those that the update computes; 1 while the model is the one that sampled them, less the further it has moved from there.',
  wasted:
    'With `dynamicSampling`: the share of the sampled groups that have no signal; they are discarded, and other prompts take their place in a later round of the step.',
} as const;

export type Term = keyof typeof GLOSSARY;
