import { messageOf, userError } from '../base/index.ts';

/**
 * The settings of the scoring service that come from the real server's variables
 * (docs/reference/azureml.md#environment-variables).
 */
export interface ServiceSettings {
  /** Origins whose pages may read responses, each a text or a pattern; if empty, no CORS headers are sent. */
  readonly corsOrigins: readonly string[];
  /** The value of the `x-ms-server-version` header; undefined to omit it. */
  readonly serverVersion: string | undefined;
}

/** The server whose contract we follow (docs/reference/azureml.md#scoring-server). */
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
    throw userError(
      'CONFIG_INVALID',
      `AML_CORS_ORIGINS: "${origin}" is not a valid regular expression (${messageOf(error)})`,
    );
  }
  return origin;
}

/** The second port of a service with `SEPERATE_HEALTH_ENDPOINT=true`. @throws CONFIG_INVALID */
export function healthPort(variables: Variables): number {
  return positiveVariable(variables, 'HEALTH_PORT') ?? 5000;
}

/** `WORKER_TIMEOUT` in milliseconds; 0 for no limit. */
export function readWorkerTimeoutMs(variables: Variables): number {
  return variables.WORKER_TIMEOUT === '0' ? 0 : (positiveVariable(variables, 'WORKER_TIMEOUT') ?? 300) * 1000;
}

/**
 * `SCORING_TIMEOUT_MS`, parsed and rejected as the real server does (a pydantic integer); 0 for no limit, as there.
 * Undefined if the variable is not set.
 */
export function readScoringTimeoutMs(variables: Variables): number | undefined {
  const raw = variables.SCORING_TIMEOUT_MS;
  if (raw === undefined) return undefined;
  const text = raw.trim();
  if (!/^[+-]?\d+(?:_\d+)*(?:\.0+)?$/.test(text)) {
    throw userError(
      'CONFIG_INVALID',
      `SCORING_TIMEOUT_MS: Input should be a valid integer, unable to parse string as an integer (environment variable: SCORING_TIMEOUT_MS), not "${raw}"`,
      { hint: 'give a number of milliseconds; 0 for no limit' },
    );
  }
  const value = Number(text.replaceAll('_', ''));
  if (value >= 0) return value;
  throw userError('CONFIG_INVALID', `SCORING_TIMEOUT_MS must not be below 0, not "${raw}"`, {
    hint: 'give a number of milliseconds; 0 for no limit',
  });
}

/** A whole number above 0; undefined if the variable is not set. */
export function positiveVariable(variables: Variables, name: string): number | undefined {
  const raw = variables[name];
  if (raw === undefined || raw === '') return undefined;
  if (!/^[1-9]\d*$/.test(raw))
    throw userError('CONFIG_INVALID', `${name} must be a whole number above 0, not "${raw}"`);
  return Number(raw);
}
