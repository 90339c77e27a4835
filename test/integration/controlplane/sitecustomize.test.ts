import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { peerPython } from '../../helpers/python.ts';
import { repositoryRoot, TempFolder } from '../../helpers/temp-project.ts';

const ours = path.join(repositoryRoot, 'src/controlplane/client/python');

/** Packages as the SDK and its exporter have them; the SDK takes an ImportError for "not installed". */
const PACKAGES = {
  'azure/__init__.py': '',
  'azure/monitor/__init__.py': '',
  'azure/monitor/opentelemetry/__init__.py': 'NAME = "exporter"',
  'azure/ai/__init__.py': '',
  'azure/ai/ml/__init__.py': '',
  'azure/ai/ml/_telemetry/__init__.py': '',
  'azure/ai/ml/_telemetry/logging_handler.py': `
try:
    from azure.monitor.opentelemetry import NAME
except ImportError as error:
    NAME = str(error)
`,
  'sitecustomize.py': 'import sys\nsys.hidden_was_imported = True',
};

describe.skipIf(!peerPython)('what Python loads first in a command under exec', () => {
  it("refuses the exporter to the SDK's telemetry only, and imports the user's own sitecustomize", async () => {
    await using folder = await TempFolder.create();
    for (const [name, text] of Object.entries(PACKAGES)) {
      await mkdir(path.dirname(folder.path(name)), { recursive: true });
      await writeFile(folder.path(name), text);
    }
    const code = `
import sys
from azure.ai.ml._telemetry import logging_handler
from azure.monitor.opentelemetry import NAME
print(logging_handler.NAME, NAME, sys.hidden_was_imported, sep="|")
`;
    const { stdout, stderr } = await promisify(execFile)(peerPython ?? '', ['-c', code], {
      env: {
        ...process.env,
        PYTHONPATH: [ours, folder.directory].join(path.delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
    expect([stdout, stderr]).toEqual(['triton-local sends no telemetry to Azure|exporter|True\n', '']);
  });
});
