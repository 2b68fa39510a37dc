import webgpu from './vitest.config.ts';

export default { ...webgpu, test: { ...webgpu.test, setupFiles: [], include: ['test/webgpu/*.limits.ts'] } };
