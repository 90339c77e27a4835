import { describe } from 'vitest';
import { BROKEN_MODELS } from './broken-models.ts';
import { describeStartFailures } from './start-failures.suite.ts';

describe('models that fail at the first start of the embedded engine', () => {
  const models = BROKEN_MODELS.filter(({ python }) => !python);
  describeStartFailures({ flags: { engine: 'embedded' }, models, ownAnswers: true });
});
