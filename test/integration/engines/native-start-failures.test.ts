import { describe } from 'vitest';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';
import { BROKEN_MODELS } from '../emulator/broken-models.ts';
import { describeStartFailures } from '../emulator/start-failures.suite.ts';

if (realTriton === undefined) skipLoudly('models that fail at the first start of a tritonserver');

describe.skipIf(realTriton === undefined)('models that fail at the first start of a tritonserver', () => {
  describeStartFailures({
    flags: { engine: 'native', tritonserver: realTriton },
    models: BROKEN_MODELS,
    ownAnswers: false,
  });
});
