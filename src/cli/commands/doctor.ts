import { currentEnvironment } from '../../config/index.ts';
import { formatTable, print } from '../../ui/index.ts';
import { diagnose, type Finding, type Verdict } from '../diagnosis.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';

/** `triton-local doctor`: what is installed, reachable, broken, and what mends it. Ends with 1 on a problem. */
export async function doctor(flags: Flags): Promise<number> {
  const environment = currentEnvironment();
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const findings = await diagnose({
    environment,
    nodeVersion: process.versions.node,
    dockerHost: text(flags.dockerHost) ?? environment.TRITON_LOCAL_DOCKER_HOST,
    image: text(flags.image) ?? environment.TRITON_LOCAL_IMAGE,
  });
  print(flags.json === true ? `${JSON.stringify(findings, null, 2)}\n` : `${formatFindings(findings)}\n`);
  return findings.some(({ verdict }) => verdict === 'problem') ? EXIT.failed : EXIT.ok;
}

function formatFindings(findings: readonly Finding[]): string {
  const marks: Readonly<Record<Verdict, string>> = { ok: 'ok', lacking: '-', problem: 'PROBLEM' };
  const table = formatTable([
    ['', 'WHAT', 'FOUND'],
    ...findings.map(({ verdict, subject, detail }) => [marks[verdict], subject, detail]),
  ]);
  const mendable = findings.filter(({ remedy }) => remedy !== undefined);
  if (mendable.length === 0) return table;
  return `${table}\n\n${mendable.map(({ subject, remedy }) => `${subject}: ${remedy}`).join('\n')}`;
}
