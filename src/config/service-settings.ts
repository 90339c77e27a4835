import { messageOf, userError } from '../base/index.ts';

/**
 * How the scoring service serves, as the variables of the real server set it
 * (docs/reference/azureml.md#environment-variables).
 */
export interface ServiceSettings {
  /** Origins of web pages that may read answers, each a text or a pattern; none sends no CORS headers. */
  readonly corsOrigins: readonly string[];
  /** The value of `x-ms-server-version`; undefined sends none. */
  readonly serverVersion: string | undefined;
}

/** The server whose contract we keep (docs/reference/azureml.md#scoring-server). */
const SERVER_VERSION = 'azmlinfsrv/1.5.1';

type Variables = Readonly<Record<string, string | undefined>>;

/** @throws CONFIG_INVALID that names the variable. */
export function readServiceSettings(variables: Variables): ServiceSettings {
  const { AML_CORS_ORIGINS: origins, SERVER_VERSION_LOG_RESPONSE_ENABLED: versioned } = variables;
  return {
    corsOrigins: origins ? origins.split(',').map(corsOrigin) : [],
    serverVersion:
      versioned === undefined || versioned.toLowerCase() === 'true'
        ? SERVER_VERSION
        : variables.HTTP_X_MS_SERVER_VERSION || undefined,
  };
}

/** `*`, a text, or a pattern as flask-cors takes it. */
function corsOrigin(raw: string): string {
  const origin = raw.trim();
  try {
    if (origin !== '*') new RegExp(origin);
  } catch (error) {
    throw userError('CONFIG_INVALID', `AML_CORS_ORIGINS: "${origin}" is no pattern (${messageOf(error)})`);
  }
  return origin;
}

/** The second port of a service with `SEPERATE_HEALTH_ENDPOINT=true`. @throws CONFIG_INVALID */
export function healthPort(variables: Variables): number {
  return positiveVariable(variables, 'HEALTH_PORT') ?? 5000;
}

/** `WORKER_TIMEOUT` in milliseconds; 0 is for ever. */
export function readWorkerTimeoutMs(variables: Variables): number {
  return variables.WORKER_TIMEOUT === '0' ? 0 : (positiveVariable(variables, 'WORKER_TIMEOUT') ?? 300) * 1000;
}

/**
 * `SCORING_TIMEOUT_MS`, read and refused as the real server does (pydantic's integer); 0 is no limit, as there.
 * Undefined where the variable is not set.
 */
export function readScoringTimeoutMs(variables: Variables): number | undefined {
  const raw = variables.SCORING_TIMEOUT_MS;
  if (raw === undefined) return undefined;
  const text = raw.trim();
  if (!/^[+-]?\d+(?:_\d+)*(?:\.0+)?$/.test(text)) {
    throw userError(
      'CONFIG_INVALID',
      `SCORING_TIMEOUT_MS: Input should be a valid integer, unable to parse string as an integer (environment variable: SCORING_TIMEOUT_MS), not "${raw}"`,
      { hint: 'give a number of milliseconds; 0 is no limit' },
    );
  }
  const value = Number(text.replaceAll('_', ''));
  if (value >= 0) return value;
  throw userError('CONFIG_INVALID', `SCORING_TIMEOUT_MS must not be below 0, not "${raw}"`, {
    hint: 'give a number of milliseconds; 0 is no limit',
  });
}

/** A whole number above 0; undefined where the variable is not set. */
export function positiveVariable(variables: Variables, name: string): number | undefined {
  const raw = variables[name];
  if (raw === undefined || raw === '') return undefined;
  if (!/^[1-9]\d*$/.test(raw))
    throw userError('CONFIG_INVALID', `${name} must be a whole number above 0, not "${raw}"`);
  return Number(raw);
}
