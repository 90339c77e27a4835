import path from 'node:path';
import { ownValue } from '../../base/index.ts';
import { type Document, objectIn, readYaml } from '../document.ts';

const PREFIX = 'file:';

/**
 * Puts in the content of the file that a deployment names for its environment (`environment: file:env.yml`), with its
 * paths made absolute; the places of its members are in that file.
 * @throws AZUREML_FILE_INVALID for one that cannot be read.
 */
export async function withEnvironmentFile(document: Document): Promise<Document> {
  const named = ownValue(document.value, 'environment');
  if (typeof named !== 'string' || !named.startsWith(PREFIX)) return document;
  const file = path.resolve(path.dirname(document.file), named.slice(PREFIX.length));
  const included = await readYaml(file, 'environment');
  const base = path.dirname(file);
  const { conda_file: conda } = included.value;
  const build = objectIn(included.value, 'build');
  const environment = {
    ...included.value,
    ...(typeof conda === 'string' && { conda_file: path.resolve(base, conda) }),
    ...(typeof build?.path === 'string' && {
      build: {
        ...build,
        path: /^[a-z]+:\/\//i.test(build.path) ? build.path : path.resolve(base, build.path),
      },
    }),
  };
  return {
    file: document.file,
    value: { ...document.value, environment },
    locate: (first, ...rest) =>
      first === 'environment' && rest.length > 0
        ? included.locate(...rest)
        : document.locate(...(first === undefined ? [] : [first]), ...rest),
  };
}
