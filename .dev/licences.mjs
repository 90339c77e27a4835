import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Licences that let us ship a package inside our own, given that their texts go with it. */
const PERMISSIVE =
  /^(MIT|ISC|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|Python-2\.0)$/;

/**
 * The names, versions and licence texts of every package that esbuild put into the bundles of these metafiles.
 * @throws Error naming each package that states no licence, or none that allows this.
 */
export function collectLicences(root, metafiles) {
  const ownLicence = readFileSync(path.join(root, 'LICENSE'), 'utf8');
  const packages = bundledFolders(metafiles).map((folder) => describe(path.join(root, folder), ownLicence));
  const refused = packages.filter((entry) => !isPermissive(entry.licence));
  if (refused.length > 0) {
    const list = refused.map(
      ({ name, version, licence }) => `${name} ${version}: ${licence || 'none stated'}`,
    );
    throw new Error(`these packages may not be bundled for their licence:\n  ${list.join('\n  ')}`);
  }
  const sections = packages.map(
    ({ name, version, licence, text }) => `${name} ${version}\nLicence: ${licence}\n\n${text}`,
  );
  const rule = `\n\n${'-'.repeat(78)}\n\n`;
  return `${['triton-local is shipped with these packages within its bundle.', ...new Set(sections)].join(rule)}\n`;
}

/** Whether an SPDX expression leaves a permissive choice; `AND` asks for every part. */
export function isPermissive(expression) {
  const choices = expression.replace(/[()]/g, '').split(/\s+OR\s+/);
  return choices.some((choice) => choice.split(/\s+AND\s+/).every((part) => PERMISSIVE.test(part.trim())));
}

/** Package folders below node_modules with at least one byte in an output. */
function bundledFolders(metafiles) {
  const folders = new Set();
  for (const output of metafiles.flatMap(({ outputs }) => Object.values(outputs))) {
    for (const input of Object.keys(output.inputs)) {
      const match = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
      if (match) folders.add(match[0]);
    }
  }
  return [...folders].sort();
}

function describe(folder, ownLicence) {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const licence = statedLicence(manifest);
  return {
    name: manifest.name,
    version: manifest.version,
    licence,
    text: licenceText(folder, manifest, licence, ownLicence),
  };
}

/** An SPDX expression from `license`, or from the older `licenses`, any of which may be chosen; '' where neither is. */
function statedLicence({ license, licenses }) {
  if (license) return license.type ?? license;
  return Array.isArray(licenses) ? licenses.map((entry) => entry.type ?? entry).join(' OR ') : '';
}

/**
 * A package's own text; a MIT one without gets the text of our own licence, which is MIT's too, under its author. Any
 * other one without gets what its manifest states, and where the standard text is.
 */
function licenceText(folder, manifest, licence, ownLicence) {
  const files = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
    .sort();
  if (files.length > 0) {
    return files.map((name) => readFileSync(path.join(folder, name), 'utf8').trim()).join('\n\n');
  }
  const author = manifest.author?.name ?? manifest.author ?? `the authors of ${manifest.name}`;
  if (licence === 'MIT') return ownLicence.replace(/^Copyright .*$/m, `Copyright (c) ${author}`).trim();
  return [
    `Copyright (c) ${author}`,
    `The package states its licence, ${licence}, without a copy of the text.`,
    ...licence
      .split(/[\s()]+/)
      .filter(isPermissive)
      .map((id) => `The text: https://spdx.org/licenses/${id}.html`),
  ].join('\n');
}
