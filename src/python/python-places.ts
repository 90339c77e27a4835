import path from 'node:path';

/** Where a system has its Pythons, and how it gets one. */
export interface PythonPlaces {
  /** Commands by which a Python is usually started, in the order of preference. */
  readonly usual: readonly (readonly string[])[];
  /** The command of one release, such as `3.11`. */
  ofRelease(version: string): readonly string[];
  /** The folder with the releases that pyenv, or pyenv-win, installed. */
  pyenvVersions(pyenvRoot: string | undefined, userHome: string): string;
  /** The program of an installation or of an environment of conda. */
  pythonIn(prefix: string): string;
  readonly installCommand: string;
}

const UNIX: PythonPlaces = {
  usual: [['python3'], ['python']],
  ofRelease: (version) => [`python${version}`],
  pyenvVersions: (root, userHome) => path.join(root ?? path.join(userHome, '.pyenv'), 'versions'),
  pythonIn: (prefix) => path.join(prefix, 'bin', 'python'),
  installCommand: 'sudo apt install python3 python3-venv, or the equivalent of your distribution',
};

const WINDOWS: PythonPlaces = {
  usual: [['python3'], ['python'], ['py', '-3']],
  ofRelease: (version) => ['py', `-${version}`],
  pyenvVersions: (root, userHome) =>
    path.join(root ?? path.join(userHome, '.pyenv', 'pyenv-win'), 'versions'),
  pythonIn: (prefix) => path.join(prefix, 'python.exe'),
  installCommand: 'winget install Python.Python.3.12',
};

export function pythonPlaces(platform: NodeJS.Platform = process.platform): PythonPlaces {
  if (platform === 'win32') return WINDOWS;
  return platform === 'darwin' ? { ...UNIX, installCommand: 'brew install python' } : UNIX;
}
