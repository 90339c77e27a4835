import { readEventLog } from '../events/index.ts';

/** The last lines that a deployment told, as `get-logs` prints them; what ended a failed one comes last. */
export async function logText(eventLog: string, failure: string | null, lines: number): Promise<string> {
  const told: string[] = [];
  for await (const event of readEventLog(eventLog)) {
    if (event.type !== 'log.line') continue;
    told.push(...event.text.split('\n'));
    if (told.length > 2 * lines) told.splice(0, told.length - lines);
  }
  if (failure !== null) told.push(...failure.split('\n'));
  return told.slice(-lines).join('\n');
}
