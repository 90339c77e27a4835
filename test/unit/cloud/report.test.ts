import { describe, expect, it } from 'vitest';
import { jsonReport, junitReport, markdownReport, REPORT_FORMS } from '../../../src/cloud/index.ts';

const results = [
  {
    name: 'a <b> & "c"\n',
    ok: false,
    status: 500,
    ms: 12.34,
    differences: ['json: a | b\u0000 🙂 \uD800', 'text: ]]> `x`'],
  },
  { name: 'fine', ok: true, status: 200, ms: 1, differences: [] },
  { name: 'no answer', ok: false, status: null, ms: 5, differences: ['no answer within 5 ms'] },
];

describe('reports', () => {
  it('are XML that keeps every character XML can hold', () => {
    expect(junitReport(results).split('\n')).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<testsuites tests="3" failures="2" errors="0" skipped="0" time="0.018">',
      '  <testsuite name="triton-local test" tests="3" failures="2" errors="0" skipped="0" time="0.018">',
      '    <testcase classname="triton-local" name="a &lt;b&gt; &amp; &quot;c&quot;&#10;" time="0.012">',
      '      <failure message="json: a | b\uFFFD 🙂 \uFFFD">json: a | b\uFFFD 🙂 \uFFFD&#10;text: ]]&gt; `x`</failure>',
      '    </testcase>',
      '    <testcase classname="triton-local" name="fine" time="0.001"/>',
      '    <testcase classname="triton-local" name="no answer" time="0.005">',
      '      <failure message="no answer within 5 ms">no answer within 5 ms</failure>',
      '    </testcase>',
      '  </testsuite>',
      '</testsuites>',
      '',
    ]);
  });

  it('are Markdown whose rows stay rows', () => {
    const lines = markdownReport(results).trimEnd().split('\n');
    expect(lines[0]).toBe('1 passed, 2 failed');
    expect(lines).toHaveLength(7);
    expect(lines[4]).toBe(
      '| **failed** | a &lt;b> &amp; "c"  | 500 | 12.3 ms | json: a \\| b\u0000 🙂 \uD800<br>text: \\]\\]> \\`x\\` |',
    );
    expect(lines[6]).toContain('| – |');
  });

  it('are JSON with counts and results', () => {
    expect(JSON.parse(jsonReport(results))).toEqual({ v: 1, passed: 1, failed: 2, results });
  });

  it('hold request, answer and log of what failed', () => {
    const evidence = {
      request: { method: 'POST', url: 'http://h/score', headers: { a: 'b' }, body: '{"x":"<&"}' },
      answer: { status: 500, headers: { c: 'd' }, body: 'a ``` fence' },
      generation: 2,
      log: ['script boom'],
    };
    const failed = [{ name: 'n', ok: false, status: 500, ms: 1, differences: ['d'], evidence }];
    expect(junitReport(failed)).toMatch(
      /<system-out>&gt; POST http:\/\/h\/score&#10;&gt; a: b&#10;&#10;\{&quot;x&quot;:&quot;&lt;&amp;&quot;\}/,
    );
    const markdown = markdownReport(failed);
    expect(markdown).toContain('````text\n> POST http://h/score\n> a: b\n');
    expect(markdown).toContain('generation 2\n\nlog:\n  script boom\n````');
  });

  it('are chosen by extension', () => {
    expect(Object.keys(REPORT_FORMS)).toEqual(['.xml', '.json', '.md']);
  });
});
