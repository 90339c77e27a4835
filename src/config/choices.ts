import { ENGINE_KINDS } from '../base/index.ts';

export const ENGINE_CHOICES = ['auto', ...ENGINE_KINDS] as const;
export const MODEL_CONTROL_MODES = ['none', 'explicit', 'poll'] as const;
export const UI_MODES = ['auto', 'tui', 'plain', 'json'] as const;
export const LOG_THRESHOLDS = ['debug', 'info', 'warning', 'error'] as const;
export const AUTH_MODES = ['none', 'key'] as const;
export const CLOUD_PROFILES = ['none', 'aks', 'managed'] as const;
export const DIALECTS = ['current', '2021'] as const;

export type EngineChoice = (typeof ENGINE_CHOICES)[number];
/** Triton's own flag: what clients may load and unload. Our reload works in every mode. */
export type ModelControlMode = (typeof MODEL_CONTROL_MODES)[number];
export type UiMode = (typeof UI_MODES)[number];
export type LogThreshold = (typeof LOG_THRESHOLDS)[number];
/** The cloud service whose limits and status codes apply locally. */
export type CloudProfileName = (typeof CLOUD_PROFILES)[number];
/** The limits that a deployment may set for its front end; whole numbers above 0. */
export const PROFILE_LIMITS = ['timeoutMs', 'concurrent', 'waitMs'] as const;
export type ProfileLimits = Readonly<Partial<Record<(typeof PROFILE_LIMITS)[number], number>>>;
/** Which server's texts and headers the scoring service uses: today's, or that of 2020 and 2021. */
export type Dialect = (typeof DIALECTS)[number];
export type AuthMode = (typeof AUTH_MODES)[number];
