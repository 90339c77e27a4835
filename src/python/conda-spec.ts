/** One dependency of a conda file, such as `conda-forge::numpy=1.26`. */
export interface CondaPackage {
  /** In conda's notation. */
  readonly spec: string;
  /** In lower case, without channel and version. */
  readonly name: string;
  /** The version constraint: `=1.26`, `>=1.2,<2`; empty for any version. */
  readonly version: string;
  readonly line: number;
}

/** Python releases that can run the harness, newest last. */
const KNOWN_MINORS = [8, 9, 10, 11, 12, 13, 14];
const SPEC = /^(?:[^:\s]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(.*)$/;

/**
 * Returns undefined for a text that is not a dependency. Forms: `name`, `name=1.2[=build]`, `name >=1,<2`,
 * `name[version='>=1']`.
 */
export function parseCondaSpec(spec: string, line: number): CondaPackage | undefined {
  const [, name, rest = ''] = SPEC.exec(spec.trim()) ?? [];
  if (name === undefined) return undefined;
  const bracketed = /\[.*?version\s*=\s*(?:'([^']*)'|"([^"]*)"|([^,\]]*)).*\]/.exec(rest);
  const constraint = bracketed
    ? (bracketed[1] ?? bracketed[2] ?? bracketed[3] ?? '')
    : rest.replace(/\[.*\]$/, '');
  return { spec: spec.trim(), name: name.toLowerCase(), version: withoutBuild(constraint.trim()), line };
}

/** `=1.2=py39_0` and `1.2 py39_0` name a build, which only conda has. A bare version means `=1.2`. */
function withoutBuild(version: string): string {
  const build = /^(==?)?\s*(\d[^=\s<>!,|]*)(?:=|\s+)(\S+)$/.exec(version);
  // A build belongs to exactly one version.
  if (build) return `==${build[2]}`;
  const joined = version.replace(/\s*([,|])\s*/g, '$1').replace(/([<>=!~])\s+/g, '$1');
  return /^\d/.test(joined) ? `=${joined}` : joined;
}

/** The version constraint in pip's notation; undefined if pip has none, as for `1.2|1.4`. */
export function pipVersion(version: string): string | undefined {
  if (version === '' || version === '*' || version === '=*') return '';
  if (version.includes('|')) return undefined;
  const clauses = version.split(',').map((clause) => {
    const [, operator = '', value = ''] = /^(==|>=|<=|!=|~=|=|<|>)?(.+)$/.exec(clause.trim()) ?? [];
    if (operator === '' && value === '*') return '';
    const star = value.endsWith('*');
    if (star && /^[<>]/.test(operator)) return `${operator}${value.replace(/\.?\*$/, '')}`;
    if (operator !== '=' && operator !== '') return `${operator}${value.replace(/([^.])\*$/, '$1.*')}`;
    // Conda's single `=` accepts any version with this prefix.
    return `==${value.replace(/\.?\*$/, '')}.*`;
  });
  return clauses.filter((clause) => clause !== '').join(',');
}

/** The minor releases of Python 3 that a conda version accepts, newest first; all for an empty version. */
export function pythonMinors(version: string): number[] {
  const alternatives = version.split('|');
  return KNOWN_MINORS.filter((minor) =>
    alternatives.some((alternative) => alternative.split(',').every((clause) => takes(clause.trim(), minor))),
  ).reverse();
}

/** Compares major and minor release only: packages are not built for patch releases. */
function takes(clause: string, minor: number): boolean {
  const [, operator = '=', major, wanted] = /^(==|>=|<=|!=|~=|=|<|>)?\s*(\d+)(?:\.(\d+))?/.exec(clause) ?? [];
  if (major === undefined) return true;
  const here = 3 * 1000 + minor;
  const there = Number(major) * 1000 + Number(wanted ?? 0);
  const patch = /^\D*\d+\.\d+\.\d/.test(clause);
  const same = Number(major) === 3 && (wanted === undefined || Number(wanted) === minor);
  if (operator === '>=' || operator === '~=')
    return (
      here >= there && (operator === '>=' || Number(major) === 3) && (operator === '>=' || !patch || same)
    );
  if (operator === '<=') return here <= there || same;
  if (operator === '>') return here > there || (patch && same);
  if (operator === '<') return here < there || (patch && same);
  if (operator === '!=') return patch || !same;
  return same;
}
