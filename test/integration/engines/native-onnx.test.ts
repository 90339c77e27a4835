import { NativeEngine } from '../../../src/engines/index.ts';
import { EventBus } from '../../../src/events/index.ts';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';
import { describeOnnxAsPython } from './onnx-as-python.suite.ts';

if (realTriton === undefined) skipLoudly('ONNX models on a tritonserver without their backend');

describeOnnxAsPython({
  name: 'a tritonserver without their backend',
  isThere: realTriton !== undefined,
  make: (repository, workDirectory) =>
    new NativeEngine({
      program: realTriton ?? '',
      repository,
      workDirectory,
      environment: { ...process.env, TRITON_LOCAL_HOME: workDirectory } as Record<string, string>,
      events: new EventBus(),
    }),
});
