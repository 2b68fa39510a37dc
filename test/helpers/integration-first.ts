import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Test files in the order in which they start. Those that start processes and train take up to minutes, however short they are; most others
 * take milliseconds, and fill the time in which a worker would wait for the last ones.
 */
export class IntegrationFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const trains = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/test/integration/');
    return [...sorted.filter(trains), ...sorted.filter((file) => !trains(file))];
  }
}
