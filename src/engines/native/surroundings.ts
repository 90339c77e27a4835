import path from 'node:path';
import type { EventSink } from '../../events/index.ts';
import { describeOnnxWith } from '../onnx-as-python/onnx-interfaces.ts';
import { TranslatedRepository } from '../onnx-as-python/translated-repository.ts';
import { askPython, makeBackendDirectory } from './backend-directory.ts';
import { lacksOnnxRuntime, type TritonInstallation } from './installation.ts';

/** What a `tritonserver` needs in its surroundings when it starts. */
export interface Surroundings {
  readonly backendDirectory: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Replaces the staged repository if the server has no backend for ONNX models. */
  readonly translated: TranslatedRepository | undefined;
}

interface Place {
  /** The staged model repository. */
  readonly repository: string;
  /** A folder of ours for files that the server needs at run time. */
  readonly workDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: EventSink;
}

/**
 * Prepares the variables and the backend directory for a server and the Python that its stubs embed.
 * @throws PYTHON_MISSING, TRITON_STUB_MISSING
 */
export async function prepareSurroundings(
  installation: TritonInstallation,
  { repository, workDirectory, environment, events }: Place,
): Promise<Surroundings> {
  const { libraryDirectories, backendDirectory, stubDirectory, python } = installation;
  const { PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...variables } = environment;
  if (stubDirectory === undefined || python === undefined) {
    const search = [...libraryDirectories, environment.LD_LIBRARY_PATH];
    return {
      backendDirectory,
      environment: { ...variables, LD_LIBRARY_PATH: joined(search) },
      translated: undefined,
    };
  }
  const facts = await askPython(python, environment);
  const note = numpyNote(facts.numpy, python);
  if (note) events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text: note });
  const standsIn = lacksOnnxRuntime(installation) && facts.hasOnnxRuntime;
  const translated = standsIn
    ? new TranslatedRepository({
        source: repository,
        directory: path.join(workDirectory, 'models'),
        describe: describeOnnxWith(python, variables),
      })
    : undefined;
  await translated?.translateAll();
  return {
    translated,
    backendDirectory: await makeBackendDirectory(
      installation,
      facts.version,
      path.join(workDirectory, 'backends'),
    ),
    environment: {
      ...variables,
      // The embedded Python finds its environment through the first `python3` on PATH.
      PATH: joined([path.dirname(python), environment.PATH]),
      LD_LIBRARY_PATH: joined([facts.libraryDirectory, ...libraryDirectories, environment.LD_LIBRARY_PATH]),
    },
  };
}

/** With numpy 2, the stub of this release silently returns empty tensors. */
function numpyNote(version: string | undefined, python: string): string | undefined {
  if (version === undefined) return `Python models need numpy, which ${python} lacks`;
  if (Number(version.split('.')[0]) < 2) return undefined;
  return `Triton's Python backend needs numpy below 2 and ${python} has ${version}: outputs will be empty. Install 'numpy<2' there`;
}

function joined(places: readonly (string | undefined)[]): string {
  return places.filter((place) => place !== undefined && place !== '').join(path.delimiter);
}
