// Cloud: smoke tests, to run before deploying to the cloud and against it.
// It knows sample requests and endpoints; it refuses to start anything.
export type { SmokeEndpoints } from './smoke/call.ts';
export { readSampleRequests, SAMPLE_REQUEST_FILES } from './smoke/read-sample-requests.ts';
export { jsonReport, junitReport, markdownReport, REPORT_FORMS } from './smoke/report.ts';
export { runSmoke, type SmokeEvidence, type SmokeOptions, type SmokeResult } from './smoke/run-smoke.ts';
export type { SampleRequest, SampleRequests } from './smoke/sample-requests.ts';
