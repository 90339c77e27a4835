import { ArmError } from '../arm-error.ts';

const DURATION =
  /^P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000];

/**
 * An ISO 8601 duration such as `PT1M30S` in milliseconds.
 * @param member the name of the member, for the message.
 * @throws ArmError 400
 */
export function durationMs(text: string, member: string): number {
  const parts = DURATION.exec(text)?.slice(1);
  if (!parts?.some((part) => part !== undefined))
    throw new ArmError(400, 'BadArgument', `${member}: "${text}" is not an ISO 8601 duration, such as PT5S.`);
  return UNITS_MS.reduce((sum, unit, index) => sum + unit * Number(parts[index] ?? 0), 0);
}

/** Milliseconds as an ISO 8601 duration: `PT1.5S`. */
export function isoDuration(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round((seconds - minutes * 60) * 1_000) / 1_000;
  if (minutes === 0) return `PT${rest}S`;
  return `PT${minutes}M${rest === 0 ? '' : `${rest}S`}`;
}
