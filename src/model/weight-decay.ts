/** What transformers has as a buffer, so that its optimizer does not know it. */
const CONSTANT = /(^|\.)layer_scalar$/;
/** `ln_1` and `ln_f` are GPT-2's layer norms, which transformers recognizes by their class. */
const WITHOUT_DECAY = /bias|layernorm|rmsnorm|(^|\.)norm(\.|$)|_norm(\.|$)|(^|\.)ln_[^.]+\./;

/**
 * Whether weight decay applies to a parameter (Hugging Face name): to matrices, embeddings included, not to biases and norms. The same
 * as `Trainer.get_decay_parameter_names` of transformers 5.23.
 */
export const decaysWeight = (name: string): boolean => !WITHOUT_DECAY.test(name.toLowerCase()) && !CONSTANT.test(name);
