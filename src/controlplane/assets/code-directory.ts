import { entryKind } from '../../base/index.ts';
import { ArmError, notFound } from '../arm-error.ts';
import type { ArmContext } from '../context.ts';

const VERSION_ID = /\/codes\/([^/]+)\/versions\/([^/]+)\/?$/i;

/**
 * The folder of the code with this resource id, which a deployment names as `codeConfiguration.codeId`.
 * @throws ArmError 400 if it is no such id, 404 if there is no such code
 */
export async function codeDirectory(
  { workspace }: Pick<ArmContext, 'workspace'>,
  codeId: string,
): Promise<string> {
  const [, name, version] = VERSION_ID.exec(codeId) ?? [];
  if (name === undefined || version === undefined) {
    throw new ArmError(
      400,
      'ValidationError',
      `codeConfiguration.codeId is the id of a code version, not ${JSON.stringify(codeId.slice(0, 500))}.`,
    );
  }
  const { codes } = await workspace.read();
  const code = codes.find((it) => it.name === name && it.version === version);
  const directory = code && workspace.codeOf(code);
  if (directory !== undefined && (await entryKind(directory)) !== undefined) return directory;
  throw notFound(`The code ${name}:${version}`);
}
