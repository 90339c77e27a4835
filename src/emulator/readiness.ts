/** One readiness probe may take this long; an answer later than that is none. */
const PROBE_LIMIT_MS = 2_000;

/**
 * Whether both doors answer: `GET /v2/health/ready` of the engine and `GET /` of the scoring service.
 * Asked over HTTP like any client would, so that "ready" is never a belief.
 */
export async function isReady(engineUrl: string | undefined, scoringUrl: string): Promise<boolean> {
  const doors = [scoringUrl, ...(engineUrl === undefined ? [] : [`${engineUrl}/v2/health/ready`])];
  const answers = await Promise.all(doors.map(answersOk));
  return answers.every(Boolean);
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
