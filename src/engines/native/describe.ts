import { execa } from 'execa';
import { findManagedTriton } from './environment.ts';
import { describeInstallation, findTritonOnPath } from './installation.ts';

const LDD_LIMIT_MS = 2_000;

/** The `tritonserver` that the native engine would run; if there is none, everything is undefined or empty. */
export interface NativeDescription {
  readonly program: string | undefined;
  /** Shared libraries that the dynamic linker does not find; empty if `ldd` is not available. */
  readonly missingLibraries: readonly string[];
  /** The Python whose packages Python models see, if the program is in a Python environment. */
  readonly python: string | undefined;
}

/** Looks for a program in `TRITON_LOCAL_TRITONSERVER`, on PATH and in the managed environment. */
export async function describeNative(
  environment: Readonly<Record<string, string>>,
  home: string,
): Promise<NativeDescription> {
  const program =
    environment.TRITON_LOCAL_TRITONSERVER || (findTritonOnPath(environment) ?? findManagedTriton(home));
  if (!program) return { program: undefined, missingLibraries: [], python: undefined };
  const { libraryDirectories, python } = describeInstallation(program);
  const LD_LIBRARY_PATH = [...libraryDirectories, environment.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const { stdout = '' } = await execa('ldd', [program], {
    env: { ...environment, LD_LIBRARY_PATH },
    extendEnv: false,
    reject: false,
    timeout: LDD_LIMIT_MS,
  });
  const missing = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, library = '']) => library);
  return { program, missingLibraries: [...new Set(missing)], python };
}
