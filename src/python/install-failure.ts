import { systemError, type TritonLocalError } from '../base/index.ts';
import type { PipLine } from './pip-lines.ts';
import type { Requirements } from './requirements.ts';

/** How a step of the build ended. */
export interface FailedStep {
  readonly step: string;
  /** What the installer wrote, newest last. */
  readonly output: readonly string[];
  /** Version of the environment's Python. */
  readonly python: string | undefined;
}

interface Reason {
  readonly text: string;
  /** The package at fault, if it can be determined. */
  readonly package?: string | undefined;
  readonly hint?: string | undefined;
}

const MAX_TEXT = 400;

/** Explains a failed installation from its output: the package with the user's own line, the cause, and what to do. */
export function installFailure(failed: FailedStep, requirements: Requirements): TritonLocalError {
  const { title, file, sources } = requirements;
  const reason = reasonIn(failed);
  const source = reason.package === undefined ? undefined : lineOf(reason.package, sources);
  const named = reason.package === undefined || reason.text.startsWith(reason.package);
  const subject = named ? '' : `${reason.package}: `;
  const location = source
    ? { file: source.file, line: source.line }
    : file === undefined
      ? undefined
      : { file };
  return systemError(
    'ENVIRONMENT_FAILED',
    `the Python environment for ${title} could not be built: ${subject}${shorten(reason.text)}`,
    {
      hint: reason.hint ?? 'correct the file, or use --python to name a Python that has the packages',
      cause: new Error(failed.output.join('\n')),
      ...(location && { location }),
    },
  );
}

/** Finds the line that requires a package; names are compared as PyPI does. */
function lineOf(name: string, sources: readonly PipLine[]): PipLine | undefined {
  const wanted = normalized(name);
  const exact = sources.find(({ text }) => text.trim() === name.trim());
  return (
    exact ??
    sources.find(({ text }) => {
      const own = /^(?:-e\s+|--editable[= ])?([A-Za-z0-9._-]+)/.exec(text)?.[1];
      return own !== undefined && normalized(own) === wanted;
    }) ??
    sources.find(({ text }) => text.includes(name) || normalized(text).includes(`-${wanted}-`))
  );
}

const normalized = (name: string) =>
  name
    .replace(/[[<>=!~;@ ].*$/, '')
    .replace(/[-_.]+/g, '-')
    .toLowerCase();

function reasonIn({ step, output, python }: FailedStep): Reason {
  const text = output.join('\n');
  if (step === 'create' && text.includes('ensurepip')) {
    return {
      text: 'this Python lacks the venv module',
      hint: 'install it (sudo apt install python3-venv), or use --python to name a complete Python',
    };
  }
  return (
    noNetwork(text) ?? noVersion(text, python) ?? conflict(text) ?? noBuild(output, python) ?? other(output)
  );
}

function noNetwork(text: string): Reason | undefined {
  const [, cause] =
    /connection broken by '?.*?(?:: )?((?:\[Errno [^\]]*\]|Failed to|Temporary failure|Connection refused|certificate|Cannot connect|Tunnel|Read timed out|Connection to)[^'")]*)/.exec(
      text,
    ) ??
    /((?:dns error|error trying to connect|error sending request|operation timed out|Failed to fetch)[^\n]*)/i.exec(
      text,
    ) ??
    [];
  const failed =
    /No matching distribution|Could not fetch|ReadTimeout|error: |ERROR: |CondaHTTPError|Failed to fetch/i.test(
      text,
    );
  if (cause === undefined || !failed) return undefined;
  const name = /for url: \S*?\/simple\/([^/\s]+)\//.exec(text)?.[1];
  return {
    text: `the package index cannot be reached (${cause.trim()})`,
    package: /No matching distribution found for (\S+)/.exec(text)?.[1] ?? name,
    hint: 'check the network and its proxy (HTTPS_PROXY, PIP_INDEX_URL), or use --python to name a Python that has the packages',
  };
}

function noVersion(text: string, python: string | undefined): Reason | undefined {
  const wrong = /Package '?([^'\s]+)'? requires a different Python: (\S+) not in '?([^'\n]+)'?/.exec(text);
  if (wrong) {
    return {
      text: `it needs Python ${wrong[3]}, but this is ${wrong[2]}`,
      package: wrong[1],
      hint: 'choose another version of it, require a matching python in a conda file, or name one with --python',
    };
  }
  const name = /No matching distribution found for ([^\n(]+)/.exec(text)?.[1]?.trim();
  if (name !== undefined) {
    const versions = /\(from versions: ([^)]*)\)/.exec(text)?.[1]?.trim();
    const there =
      versions === undefined || versions === 'none' || versions === ''
        ? `the index has no release of it for Python ${python ?? 'in use'}, or not by this name`
        : `the index has no such version for Python ${python ?? 'in use'}; it has ${lastOf(versions)}`;
    return {
      text: there,
      package: name,
      hint: 'check the name and the version on that line; a package that only conda has needs micromamba, mamba or conda on PATH',
    };
  }
  const uv = /Because ([\s\S]*?)(?:,? we can conclude[\s\S]*)?$/.exec(
    /No solution found[\s\S]*/.exec(text)?.[0].replace(/\s+/g, ' ') ?? '',
  )?.[1];
  if (uv === undefined) return undefined;
  return {
    text: uv.trim(),
    package: /^(?:only )?([A-Za-z0-9._-]+)/.exec(uv)?.[1],
    hint: 'check the names and versions',
  };
}

function lastOf(versions: string): string {
  const all = versions.split(/,\s*/);
  return all.length > 4 ? `… ${all.slice(-4).join(', ')}` : all.join(', ');
}

function conflict(text: string): Reason | undefined {
  const [, block] = /The conflict is caused by:\s*\n([\s\S]*?)(?:\n\s*\n|\nTo fix this|$)/.exec(text) ?? [];
  if (block === undefined) {
    const invalid = /Invalid requirement: ('[^']*'|"[^"]*"|\S+)([^\n]*)/.exec(text);
    if (!invalid) return undefined;
    return {
      text: `pip does not understand this requirement`,
      package: invalid[1]?.replace(/^['"]|['"]$/g, ''),
    };
  }
  const lines = block
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return {
    text: `these conflict: ${lines.join('; ')}`,
    package: /user requested (\S+)/.exec(block)?.[1] ?? lines[0]?.split(' ')[0],
    hint: 'relax one of the versions',
  };
}

/** A package that pip had to build: the cause is what the build printed last. */
function noBuild(output: readonly string[], python: string | undefined): Reason | undefined {
  const block = buildBlock(output);
  const text = output.join('\n');
  const name =
    /Failed (?:building wheel|to build(?: installable wheels)?)(?: for(?: some pyproject\.toml based projects)?)? \(?[`']?([^\s`'()]+)/.exec(
      text,
    )?.[1] ?? packageBefore(output, block?.start ?? output.length);
  const missing = output.find((line) =>
    /Could not install packages due to an OSError|No such file or directory:|does not exist|is not a valid (?:editable|wheel)|neither 'setup\.py' nor 'pyproject\.toml'/.test(
      line,
    ),
  );
  if (!block && missing !== undefined) {
    const [, invalid] = /ERROR: (\S+) is not a valid/.exec(missing) ?? [];
    const named =
      invalid ?? /'([^']*)'/.exec(missing)?.[1] ?? /for ([^:]+) (?:does not|to)/.exec(missing)?.[1];
    const [sentence = missing] = missing.replace(/^(?:ERROR|error):\s*/, '').split('. ');
    return {
      text: sentence.replace(`${invalid} is`, 'it is').trim(),
      package: named?.split('/').at(-1),
      hint: 'relative paths are resolved from the folder of the file that names them',
    };
  }
  if (!block) return undefined;
  const cause =
    block.lines.findLast((line) =>
      /^\s*(?:\w+\.)*\w*(?:Error|Exception|Failed)\b\s*:|^\s*error:|fatal error:|command '.*' failed/i.test(
        line,
      ),
    ) ?? block.lines.findLast((line) => line.trim() !== '');
  const compiler =
    /gcc|cc1plus|clang|cl\.exe|Microsoft Visual C\+\+|command '.*' failed|CMake|cargo|rustc/i.test(
      cause ?? '',
    );
  return {
    text: (cause ?? 'its build failed').trim(),
    package: name,
    hint: compiler
      ? `it has no wheel for Python ${python ?? 'in use'} here and its build needs a compiler: choose a version with a wheel, or install the compiler`
      : `it has no wheel for Python ${python ?? 'in use'} here, and its own build failed: choose a version with a wheel, or the Python that it supports`,
  };
}

/** The output of a build, which pip prints indented and uv after `[stderr]`. */
function buildBlock(output: readonly string[]): { start: number; lines: string[] } | undefined {
  const start = output.findLastIndex((line) =>
    /╰─> \[\d+ lines? of output\]|^\s*\[stderr\]|^\s*Complete output/.test(line),
  );
  if (start < 0) return undefined;
  const lines: string[] = [];
  for (const line of output.slice(start + 1)) {
    if (/\[end of output\]|^\s*hint:|^note:/.test(line)) break;
    lines.push(line);
  }
  return { start, lines };
}

function packageBefore(output: readonly string[], end: number): string | undefined {
  for (const line of output.slice(0, end).reverse()) {
    const [, name] =
      /^\s*(?:Collecting|Processing|Obtaining|Building wheel for|Preparing metadata.*?for)\s+(\S+)/.exec(
        line,
      ) ?? [];
    if (name !== undefined)
      return name
        .replace(/^file:\/\//, '')
        .split('/')
        .at(-1);
  }
  return undefined;
}

function other(output: readonly string[]): Reason {
  const detail =
    output.findLast((line) => /No space left|Permission denied|Disk quota/.test(line)) ??
    output.findLast((line) => /^(?:ERROR|error)[:\s]/.test(line.trim())) ??
    output.findLast((line) => /error/i.test(line)) ??
    output.at(-1) ??
    'the installer gave no reason';
  return { text: detail.trim() };
}

const shorten = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);
