import { currentEnvironment } from '../../config/index.ts';
import { formatTable } from '../../ui/index.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import type { Finding, Verdict } from '../diagnosis/finding.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../print.ts';
import { packageDirectory } from '../version.ts';

export interface DoctorFlags {
  readonly dockerHost: string | undefined;
  readonly image: string | undefined;
  readonly json: boolean;
}

/**
 * `triton-local doctor`: shows what is installed, reachable and broken, and how to fix it. Ends with 1 on a problem.
 */
export async function doctor(flags: DoctorFlags): Promise<number> {
  const environment = currentEnvironment();
  const findings = await diagnose({
    environment,
    nodeVersion: process.versions.node,
    dockerHost: flags.dockerHost ?? environment.TRITON_LOCAL_DOCKER_HOST,
    searchFrom: [process.cwd(), packageDirectory()],
    image: flags.image ?? environment.TRITON_LOCAL_IMAGE,
  });
  print(flags.json ? `${JSON.stringify(findings, null, 2)}\n` : `${formatFindings(findings)}\n`);
  return findings.some(({ verdict }) => verdict === 'problem') ? EXIT.failed : EXIT.ok;
}

function formatFindings(findings: readonly Finding[]): string {
  const marks: Readonly<Record<Verdict, string>> = { ok: 'ok', lacking: '-', problem: 'PROBLEM' };
  const table = formatTable([
    ['', 'WHAT', 'FOUND'],
    ...findings.map(({ verdict, subject, detail }) => [marks[verdict], subject, detail]),
  ]);
  const fixable = findings.filter(({ remedy }) => remedy !== undefined);
  if (fixable.length === 0) return table;
  return `${table}\n\n${fixable.map(({ subject, remedy }) => `${subject}: ${remedy}`).join('\n')}`;
}
