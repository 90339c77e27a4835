import path from 'node:path';
import type { EventSink } from '../../events/index.ts';
import { describeOnnxWith } from '../onnx-as-python/onnx-interfaces.ts';
import { TranslatedRepository } from '../onnx-as-python/translated-repository.ts';
import { askPython, makeBackendDirectory } from './backend-directory.ts';
import { lacksOnnxRuntime, type TritonInstallation } from './installation.ts';

/** What a `tritonserver` finds around itself when it starts. */
export interface Surroundings {
  readonly backendDirectory: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** What the server reads in place of the staged repository where it has no backend for ONNX models. */
  readonly translated: TranslatedRepository | undefined;
}

interface Place {
  /** The staged model repository. */
  readonly repository: string;
  /** A folder of ours for what the server needs at run time. */
  readonly workDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: EventSink;
}

/**
 * Variables and backend directory for a server and the Python that its stubs embed.
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
      // Python finds its environment by the first `python3` on PATH.
      PATH: joined([path.dirname(python), environment.PATH]),
      LD_LIBRARY_PATH: joined([facts.libraryDirectory, ...libraryDirectories, environment.LD_LIBRARY_PATH]),
    },
  };
}

/** The stub of this release hands out empty tensors with numpy 2, without a word. */
function numpyNote(version: string | undefined, python: string): string | undefined {
  if (version === undefined) return `Python models need numpy, which ${python} lacks`;
  if (Number(version.split('.')[0]) < 2) return undefined;
  return `Triton's Python backend needs numpy below 2 and ${python} has ${version}: outputs will be empty. Install 'numpy<2' there`;
}

function joined(places: readonly (string | undefined)[]): string {
  return places.filter((place) => place !== undefined && place !== '').join(path.delimiter);
}
