import { readEventLog } from '../events/index.ts';

/** The last log lines of a deployment, as `get-logs` prints them; the error of a failed one comes last. */
export async function logText(eventLog: string, failure: string | null, lines: number): Promise<string> {
  const tail: string[] = [];
  for await (const event of readEventLog(eventLog)) {
    if (event.type !== 'log.line') continue;
    tail.push(...event.text.split('\n'));
    if (tail.length > 2 * lines) tail.splice(0, tail.length - lines);
  }
  if (failure !== null) tail.push(...failure.split('\n'));
  return tail.slice(-lines).join('\n');
}
