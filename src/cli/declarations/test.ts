import { declareCommand } from '../command.ts';

export const test = declareCommand({
  usage: 'test [dir]',
  about: 'start a project, send its sample requests, compare the answers, and stop',
  takesSettings: true,
  flags: {
    requests: {
      flag: '--requests <file>',
      about: 'the sample requests (default: sample-requests.json or .yaml)',
    },
    report: { flag: '--report <file>', about: 'also write a report: .xml (JUnit), .json or .md' },
    url: {
      flag: '--url <uri>',
      about: 'send the requests to this scoring URI instead of starting the project',
    },
    key: { flag: '--key <key>', about: 'key for --url; TRITON_LOCAL_KEY keeps it off the command line' },
    json: { flag: '--json', about: 'print the report as JSON' },
  },
  examples: [
    'test sample-models/digits --report report.xml',
    'test --url https://NAME.REGION.inference.ml.azure.com/score',
  ],
  run: async ({ args: [directory], flags, settings }) =>
    (await import('../commands/test.ts')).test(directory, settings, flags),
});
