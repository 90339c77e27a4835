// The little of Markdown that our own pages use: headings with their anchors, links, fenced blocks, contents lists.

/** The headings of a page outside of fenced blocks, each with the anchor that GitHub gives it. */
export function headingsOf(text) {
  const counts = new Map();
  return withoutFences(text)
    .split('\n')
    .flatMap((line) => {
      const [, marks, title] = /^(#{1,6}) +(.+?) *$/.exec(line) ?? [];
      if (!marks) return [];
      const slug = slugOf(title);
      const count = counts.get(slug) ?? 0;
      counts.set(slug, count + 1);
      return [{ level: marks.length, title, anchor: count === 0 ? slug : `${slug}-${count}` }];
    });
}

/** What a link to a page may end in: the anchors of its headings, and those that it sets itself. */
export function anchorsOf(text) {
  const own = [...withoutFences(text).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
  return [...headingsOf(text).map(({ anchor }) => anchor), ...own];
}

/** The targets of the links and images of a page, outside of code. */
export function linksOf(text) {
  const prose = withoutFences(text).replace(/`[^`\n]*`/g, '');
  return [
    ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target),
    ...[...prose.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, target]) => target),
  ];
}

/**
 * The fenced blocks of a language: their text, the line that they start on, and the reason of a comment
 * `<!-- not run: REASON -->` right before them.
 */
export function blocksOf(text, language) {
  const lines = text.split('\n');
  const blocks = [];
  for (let index = 0; index < lines.length; index += 1) {
    const [, indent, fence, name] = /^( *)(`{3,})(\w*)/.exec(lines[index]) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, at) => at > index && line.trim() === fence);
    if (name === language) {
      const body = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
      const before = lines.slice(0, index).findLast((line) => line.trim() !== '') ?? '';
      const notRun = /^ *<!-- not run: (.+) -->$/.exec(before)?.[1];
      blocks.push({ line: index + 1, text: body.join('\n'), notRun });
    }
    index = end;
  }
  return blocks;
}

/** The page with its contents list as its headings of the second level are; unchanged where it has no such list. */
export function withContents(text) {
  const entries = headingsOf(text).filter(({ level }) => level === 2);
  const list = entries.map(({ title, anchor }) => `- [${title}](#${anchor})\n`).join('');
  return text.replace(/(\n\*\*Contents\*\*\n)(\n(?:- .*\n)+)?/, (_all, heading) => `${heading}\n${list}`);
}

function slugOf(title) {
  return title
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** The text with the lines of fenced blocks left empty. */
function withoutFences(text) {
  let fence;
  return text
    .split('\n')
    .map((line) => {
      const mark = /^ *(`{3,})/.exec(line)?.[1];
      if (fence === undefined && mark === undefined) return line;
      if (fence === undefined) fence = mark;
      else if (line.trim() === fence) fence = undefined;
      return '';
    })
    .join('\n');
}
