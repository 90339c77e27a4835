import { describe, expect, it } from 'vitest';
import { installFailure } from '../../../src/python/install-failure.ts';
import { ownRequirements } from '../../../src/python/requirements.ts';

const FILE = '/project/requirements.txt';

/** The output of the tools (pip 23.2, uv 0.11), shortened; the requested lines; the reported line and text. */
const RECORDED: readonly (readonly [string, string, readonly string[], number | undefined, RegExp])[] = [
  [
    'pip, conflicting versions',
    `ERROR: Cannot install -r conflict.txt (line 1) and werkzeug==2.0 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested werkzeug==2.0
    flask 3.0.0 depends on Werkzeug>=3.0.0

To fix this you could try to:
1. loosen the range of package versions you've specified

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/`,
    ['flask==3.0.0', 'werkzeug==2.0'],
    2,
    /werkzeug==2.0: these conflict: The user requested werkzeug==2.0; flask 3.0.0 depends on Werkzeug>=3.0.0$/,
  ],
  [
    'pip, a version that is not there',
    `ERROR: Ignored the following versions that require a different python version: 2.5.5 Requires-Python >=3.12
ERROR: Could not find a version that satisfies the requirement tensorflow==1.15 (from versions: 2.12.0rc0, 2.12.0, 2.20.0, 2.21.0, 2.22.0rc0)
ERROR: No matching distribution found for tensorflow==1.15`,
    ['numpy', 'tensorflow==1.15'],
    2,
    /tensorflow==1.15: the index has no such version for Python 3.11; it has … 2.12.0, 2.20.0, 2.21.0, 2.22.0rc0$/,
  ],
  [
    'pip, a folder that is not there',
    'ERROR: ./nowhere is not a valid editable requirement. It should either be a path to a local project or a VCS URL (beginning with bzr+http, git+https).',
    ['six', '-e ./nowhere'],
    2,
    /nowhere: .* is not a valid editable requirement/,
  ],
  [
    'pip, a package for another Python',
    "ERROR: Package 'old' requires a different Python: 3.11.7 not in '<3.9'",
    ['six', 'OLD'],
    2,
    /old: it needs Python <3.9, but this is 3.11.7$/,
  ],
  [
    'pip, a line that it does not understand',
    "ERROR: Invalid requirement: 'foo bar baz' (from line 2 of requirements.txt)",
    ['six', 'foo bar baz'],
    2,
    /foo bar baz: pip does not understand this requirement$/,
  ],
  [
    'pip, an index that is not reached',
    `WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/flask/
ERROR: Could not find a version that satisfies the requirement flask (from versions: none)
ERROR: No matching distribution found for flask`,
    ['flask'],
    1,
    /flask: the package index cannot be reached \(.*Connection refused\)$/,
  ],
  [
    'pip, a build that fails',
    `Collecting six
Processing ./broken
  error: subprocess-exited-with-error

  × Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [21 lines of output]
      Traceback (most recent call last):
      ValueError: sets 3 wheels in motion
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
× Encountered error while generating package metadata.
╰─> See above for output.`,
    ['six', './broken'],
    2,
    /broken: ValueError: sets 3 wheels in motion$/,
  ],
  [
    'pip, a build that needs a compiler',
    `Collecting six
Building wheels for collected packages: fast
      [end of output]
  ╰─> [9 lines of output]
      running build_ext
      gcc -c fast.c
      error: command 'gcc' failed: No such file or directory
      [end of output]
  ERROR: Failed building wheel for fast
ERROR: Could not build wheels for fast, which is required to install pyproject.toml-based projects`,
    ['fast'],
    1,
    /fast: error: command 'gcc' failed: No such file or directory$/,
  ],
  [
    'uv, conflicting versions',
    `error: No solution found when resolving dependencies
  cause: Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require flask==3.0.0, we can conclude that you require werkzeug>=3.0.0.
         And because you require werkzeug==2.0, we can conclude that your requirements are unsatisfiable.`,
    ['flask==3.0.0', 'werkzeug==2.0'],
    1,
    /built: flask==3.0.0 depends on werkzeug>=3.0.0 and you require flask==3.0.0$/,
  ],
  [
    'uv, a package that is not there',
    `error: No solution found when resolving dependencies
  cause: Because nobody was not found in the package registry and you require nobody==3, we can conclude that your requirements are unsatisfiable.`,
    ['nobody==3'],
    1,
    /built: nobody was not found in the package registry/,
  ],
  [
    'uv, an index that is not reached',
    `error: Failed to fetch: http://127.0.0.1:9/simple/flask/
  cause: error sending request for url (http://127.0.0.1:9/simple/flask/)
  cause: tcp connect error
  cause: Connection refused (os error 111)`,
    ['flask'],
    undefined,
    /the package index cannot be reached/,
  ],
  [
    'uv, a build that fails',
    `error: The build backend returned an error
  cause: Call to \`setuptools.build_meta:__legacy__.get_requires_for_build_wheel\` failed (exit status: 1)

         [stderr]
         Traceback (most recent call last):
         ValueError: sets 3 wheels in motion`,
    ['./broken'],
    undefined,
    /: ValueError: sets 3 wheels in motion$/,
  ],
  [
    'a full disk',
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    ['six'],
    undefined,
    /No space left on device/,
  ],
];

describe('a failed install', () => {
  it.each(RECORDED)('of %s is reported with line and cause', (_what, output, lines, line, message) => {
    const requirements = {
      ...ownRequirements('requirements.txt', lines),
      file: FILE,
      sources: lines.map((text, index) => ({ text, file: FILE, line: index + 1 })),
    };
    const error = installFailure(
      { step: 'install', output: output.split('\n'), python: '3.11' },
      requirements,
    );
    expect(error.message).toMatch(message);
    expect(error.location).toEqual(line === undefined ? { file: FILE } : { file: FILE, line });
    expect(error.hint).toEqual(expect.any(String));
  });

  it('says how to install the venv module', () => {
    const output = [
      'The virtual environment was not created successfully because ensurepip is not available.',
    ];
    const error = installFailure({ step: 'create', output, python: '3.11' }, ownRequirements('x', []));
    expect(error).toMatchObject({
      code: 'ENVIRONMENT_FAILED',
      hint: expect.stringContaining('python3-venv'),
    });
  });
});
