/** A request as code shows it. */
export interface CodeRequest {
  readonly url: string;
  readonly contentType: string;
  /** Its text; a file is named instead. */
  readonly body: { readonly text: string } | { readonly file: string };
  /** Whether the service requires a key, which the code reads from a variable. */
  readonly needsKey: boolean;
}

export const LANGUAGES = {
  curl: asCurl,
  python: asPython,
  javascript: asJavaScript,
} as const;

export type Language = keyof typeof LANGUAGES;

/** The variable that the code reads the key from. */
const KEY = 'SCORING_KEY';

/** For a POSIX shell. */
function asCurl({ url, contentType, body, needsKey }: CodeRequest): string {
  const data = 'text' in body ? body.text : `@${body.file}`;
  return [
    `curl ${quoteForShell(url)}`,
    `-H ${quoteForShell(`Content-Type: ${contentType}`)}`,
    ...(needsKey ? [`-H "Authorization: Bearer $${KEY}"`] : []),
    // A body that begins with @ would name a file.
    `${'text' in body ? '--data-raw' : '--data-binary'} ${quoteForShell(data)}`,
  ].join(' \\\n  ');
}

function asPython({ url, contentType, body, needsKey }: CodeRequest): string {
  const headers = [`"Content-Type": ${quoteForPython(contentType)}`];
  if (needsKey) headers.push(`"Authorization": "Bearer " + os.environ["${KEY}"]`);
  const data =
    'text' in body
      ? `${quoteForPython(body.text)}.encode()`
      : `pathlib.Path(${quoteForPython(body.file)}).read_bytes()`;
  const modules = [...(needsKey ? ['os'] : []), ...('file' in body ? ['pathlib'] : []), 'urllib.request'];
  return [
    ...modules.map((name) => `import ${name}`),
    '',
    `data = ${data}`,
    `headers = {${headers.join(', ')}}`,
    `request = urllib.request.Request(${quoteForPython(url)}, data=data, headers=headers)`,
    'with urllib.request.urlopen(request) as response:',
    '    print(response.status, response.read().decode())',
    '',
  ].join('\n');
}

/** For Node.js and browsers. */
function asJavaScript({ url, contentType, body, needsKey }: CodeRequest): string {
  const headers = [`'Content-Type': ${JSON.stringify(contentType)}`];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: code for the reader
  if (needsKey) headers.push('Authorization: `Bearer ${process.env.SCORING_KEY}`');
  const isFile = 'file' in body;
  return [
    ...(isFile ? ["import { readFile } from 'node:fs/promises';", ''] : []),
    `const response = await fetch(${JSON.stringify(url)}, {`,
    "  method: 'POST',",
    `  headers: { ${headers.join(', ')} },`,
    `  body: ${isFile ? `await readFile(${JSON.stringify(body.file)})` : JSON.stringify(body.text)},`,
    '});',
    'console.log(response.status, await response.text());',
    '',
  ].join('\n');
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** JSON's escapes are Python's as well, but for characters beyond the BMP, which stay as they are. */
function quoteForPython(text: string): string {
  return JSON.stringify(text);
}
