import { describeRepositoryApi } from '../engines/repository-api.suite.ts';

describeRepositoryApi('embedded', { engine: 'embedded' });
