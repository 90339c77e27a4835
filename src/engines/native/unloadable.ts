import path from 'node:path';
import { systemError, type TritonLocalError } from '../../base/index.ts';

const MISSING = /^(.+?): error while loading shared libraries: (\S+): (.*)$/;
const TOO_OLD = /^(.+?): \S+: (version `[^']+' not found) \(required by \S+\)$/;
const OURS = /^(?:tritonserver|triton_python_backend_stub)$/;

/**
 * Recognizes the dynamic linker's message that it cannot start a `tritonserver` or a stub of its Python backend;
 * undefined for every other line. Triton silently waits forever for such a stub.
 */
export function unloadable(line: string): TritonLocalError | undefined {
  const [, program = '', library, why] = MISSING.exec(line) ?? [];
  if (library !== undefined && OURS.test(path.basename(program))) {
    return systemError('TRITON_UNLOADABLE', `${program} cannot start: ${library}: ${why}`, {
      hint: remedy(library),
    });
  }
  const [, old = '', version] = TOO_OLD.exec(line) ?? [];
  if (version === undefined || !OURS.test(path.basename(old))) return undefined;
  return systemError('TRITON_UNLOADABLE', `${old} cannot start: ${version}`, {
    hint: 'it was built for a newer Linux: use --engine docker or --engine embedded',
  });
}

function remedy(library: string): string {
  const python = /^libpython(3\.\d+)\./.exec(library)?.[1];
  const others = 'or use --engine docker or --engine embedded';
  return python === undefined
    ? `install the package that has ${library}, ${others}`
    : `install Python ${python}'s library (Debian, Ubuntu: sudo apt install libpython${python}; Fedora: sudo dnf install python${python}-libs), ${others}`;
}
