import webgpu from './vitest.config.ts';

export default { ...webgpu, test: { ...webgpu.test, include: ['test/webgpu/*.limits.ts'] } };
