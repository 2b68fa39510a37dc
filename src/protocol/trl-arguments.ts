/** The arguments of TRL 1.16's GRPOConfig by what may set them. A test compares both lists with the real one. */

/** Those that `trl.args` passes on as they are. */
export const TRL_ARGUMENTS: readonly string[] = [
  ...['optim', 'optim_args', 'optim_target_modules', 'average_tokens_across_devices', 'label_smoothing_factor'],
  ...['bf16_full_eval', 'fp16_full_eval', 'tf32', 'activation_checkpointing_kwargs', 'gradient_checkpointing_kwargs'],
  ...['torch_compile', 'torch_compile_backend', 'torch_compile_mode', 'liger_kernel_config', 'use_cache'],
  ...['neftune_noise_alpha', 'torch_empty_cache_steps', 'logging_first_step', 'log_on_each_node'],
  ...['logging_nan_inf_filter', 'include_num_input_tokens_seen', 'log_level', 'log_level_replica', 'disable_tqdm'],
  ...['run_name', 'project', 'trackio_space_id', 'trackio_bucket_id', 'trackio_static_space_id', 'eval_delay'],
  ...['prediction_loss_only', 'eval_do_concat_batches', 'eval_use_gather_object', 'eval_accumulation_steps'],
  ...['include_for_metrics', 'batch_eval_metrics', 'save_only_model', 'save_on_each_node', 'enable_jit_checkpoint'],
  ...['push_to_hub', 'hub_private_repo', 'hub_model_id', 'hub_strategy', 'hub_always_push', 'hub_revision'],
  ...['load_best_model_at_end', 'metric_for_best_model', 'greater_is_better', 'ignore_data_skip'],
  ...['restore_callback_states_from_checkpoint', 'full_determinism', 'data_seed', 'accelerator_config'],
  ...['parallelism_config', 'dataloader_drop_last', 'dataloader_num_workers', 'dataloader_pin_memory'],
  ...['dataloader_persistent_workers', 'dataloader_prefetch_factor', 'dataloader_multiprocessing_context'],
  ...['dataloader_in_order', 'remove_unused_columns', 'label_names', 'train_sampling_strategy', 'length_column_name'],
  ...['ddp_find_unused_parameters', 'ddp_bucket_cap_mb', 'ddp_broadcast_buffers', 'ddp_static_graph', 'ddp_backend'],
  ...['ddp_timeout', 'fsdp_config', 'debug', 'skip_memory_metrics', 'model_init_kwargs', 'trust_remote_code'],
  ...['router_aux_loss_coef', 'disable_dropout', 'cast_lm_head_to_fp32', 'ds3_gather_for_generation'],
  ...['pad_to_multiple_of', 'generation_kwargs', 'repetition_penalty', 'cache_implementation', 'vllm_model_impl'],
  ...['vllm_structured_outputs_regex', 'max_tool_calling_iterations', 'log_completions', 'log_multimodal'],
  ...['num_completions_to_print', 'log_unique_prompts', 'log_completions_hub_repo'],
  ...['use_transformers_continuous_batching', 'transformers_continuous_batching_config'],
];

/** Those that something else sets, and what to do instead; beside them those that are fields of the run config in snake_case. */
export const SET_OTHERWISE: Readonly<Record<string, string>> = {
  steps_per_generation: 'set "numMiniBatches"',
  generation_batch_size: 'set "promptsPerStep" and "numGenerations"',
  activation_checkpointing: 'set "trl.gradientCheckpointing"',
  use_vllm: 'set "trl.vllm"',
  vllm_importance_sampling_cap: 'set "trl.vllm.importanceSamplingClipMax"',
  use_transformers_paged: 'set "use_transformers_continuous_batching"',
  per_device_eval_batch_size: 'it follows from "numGenerationsEval"',
  eval_strategy: 'set "evalSteps"',
  reward_weights: 'set the "weight" of each of "rewards"',
  use_cpu: 'set "device"',
  hub_token: 'set HF_TOKEN in the environment',
  output_dir: 'it is in the run folder',
  logging_strategy: 'every step is logged',
  logging_steps: 'every step is logged',
  save_strategy: 'set "saveSteps"',
  resume_from_checkpoint: 'resume the run',
  auto_find_batch_size: 'TRL does not support it in GRPO',
  ...{ do_train: 'it trains', do_eval: 'set "evalSteps"', do_predict: 'it trains', local_rank: 'the launcher sets it' },
};
