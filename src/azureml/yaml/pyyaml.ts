import type { ScalarTag, Tags } from 'yaml';

const BOOLEANS = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INTEGERS =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOATS =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

const tag = (name: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  tag: `tag:yaml.org,2002:${name}`,
  default: true,
  test,
  resolve,
});

/** The scalars that PyYAML's safe loader tells from texts; it follows YAML 1.1, and not to the letter. */
const OWN: readonly ScalarTag[] = [
  tag('bool', BOOLEANS, (text) => /^(?:yes|true|on)$/i.test(text)),
  tag('int', INTEGERS, integerOf),
  tag('float', FLOATS, floatOf),
];

/** Puts PyYAML's scalars in the place of YAML 1.1's. */
export function withPyYamlScalars(tags: Tags): Tags {
  const replaced = new Set(OWN.map((own) => own.tag));
  return [...tags.filter((it) => typeof it !== 'object' || !replaced.has(it.tag)), ...OWN];
}

function integerOf(given: string): number {
  const [, sign = '', text = ''] = /^([-+]?)(.*)$/.exec(given.replaceAll('_', '')) ?? [];
  const factor = sign === '-' ? -1 : 1;
  if (text.includes(':')) return factor * sexagesimal(text);
  return factor * (/^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text));
}

function floatOf(given: string): number {
  const text = given.replaceAll('_', '').toLowerCase();
  if (text.endsWith('.nan')) return Number.NaN;
  if (text.endsWith('.inf')) return text.startsWith('-') ? -Infinity : Infinity;
  if (!text.includes(':')) return Number(text);
  return text.startsWith('-') ? -sexagesimal(text.slice(1)) : sexagesimal(text.replace('+', ''));
}

/** `1:30` is ninety. */
const sexagesimal = (text: string): number =>
  text.split(':').reduce((sum, digits) => sum * 60 + Number(digits), 0);
