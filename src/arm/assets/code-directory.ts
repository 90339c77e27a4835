import { ArmError } from '../arm-error.ts';
import type { ArmContext } from '../context.ts';

/** The folder of an uploaded code asset. @throws ArmError 400 */
export async function codeDirectory(_context: ArmContext, codeId: string): Promise<string> {
  throw new ArmError(
    400,
    'BadArgument',
    `codeConfiguration.codeId: "${codeId}" is not the id of an uploaded code.`,
  );
}
