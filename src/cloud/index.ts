// Cloud: what is done before leaving for the cloud: smoke tests; later checks and exports.
// It knows projects and their endpoints; it refuses to start them.
export type { SmokeEndpoints } from './smoke/call.ts';
export { readSampleRequests, SAMPLE_REQUEST_FILES } from './smoke/read-sample-requests.ts';
export { jsonReport, junitReport, markdownReport, REPORT_FORMS } from './smoke/report.ts';
export { runSmoke, type SmokeEvidence, type SmokeOptions, type SmokeResult } from './smoke/run-smoke.ts';
export type { SampleRequest, SampleRequests } from './smoke/sample-requests.ts';
