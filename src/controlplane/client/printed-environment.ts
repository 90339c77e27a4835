/** The forms in which variables are printed. */
export const ENVIRONMENT_FORMS = ['bash', 'powershell', 'dotenv'] as const;

export type EnvironmentForm = (typeof ENVIRONMENT_FORMS)[number];

/** The form for the usual shell of this system. */
export function defaultForm(platform: NodeJS.Platform = process.platform): EnvironmentForm {
  return platform === 'win32' ? 'powershell' : 'bash';
}

/**
 * The text that sets and removes these variables: commands for a shell, or lines `NAME=VALUE`, as files for
 * python-dotenv and `$GITHUB_ENV` have them. Such a file can only empty a variable, which Azure's clients take for one
 * that is not set.
 */
export function printedEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  form: EnvironmentForm,
): string {
  const line = LINES[form];
  return Object.entries(variables)
    .map(([name, value]) => `${line(name, value)}\n`)
    .join('');
}

const LINES: Readonly<Record<EnvironmentForm, (name: string, value: string | undefined) => string>> = {
  bash: (name, value) =>
    value === undefined ? `unset ${name}` : `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  powershell: (name, value) =>
    value === undefined
      ? `Remove-Item Env:${name} -ErrorAction SilentlyContinue`
      : `$env:${name} = '${value.replaceAll("'", "''")}'`,
  dotenv: (name, value = '') =>
    /^[^\s'"#\\$`]*$/.test(value)
      ? `${name}=${value}`
      : `${name}='${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
};
