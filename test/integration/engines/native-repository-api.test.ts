import { describe } from 'vitest';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';
import { describeRepositoryApi } from './repository-api.suite.ts';

if (realTriton === undefined) skipLoudly('the repository API of the native engine');

describe.skipIf(realTriton === undefined)('on a real tritonserver', () => {
  describeRepositoryApi('native', { engine: 'native', tritonserver: realTriton ?? '' });
});
