import { readServiceSettings } from '../../../src/config/index.ts';
import { RealScoringServer } from '../../helpers/real-scoring-server.ts';
import { exchangeBytes, type WireAnswer } from '../../unit/scoring/raw-http.ts';
import { type Case, type Group, scriptText } from './cases/case.ts';
import { ScriptService } from './script-service.ts';

/** The two servers with the same script, in the same place, with the same settings. */
export class Pair implements AsyncDisposable {
  readonly #ours: ScriptService;
  readonly #real: RealScoringServer;

  private constructor(ours: ScriptService, real: RealScoringServer) {
    this.#ours = ours;
    this.#real = real;
  }

  static async start({ script, files, variables = {} }: Group): Promise<Pair> {
    const { corsOrigins, serverVersion } = readServiceSettings(variables);
    const ours = await ScriptService.start(scriptText(script), {
      ...(files && { files }),
      variables,
      scoringTimeoutMs: Number(variables.SCORING_TIMEOUT_MS ?? 3_600_000),
      workerTimeoutMs: Number(variables.WORKER_TIMEOUT ?? 300) * 1000,
      scoring: { corsOrigins, serverVersion },
    });
    try {
      return new Pair(ours, await RealScoringServer.start(ours.entryScript, { variables }));
    } catch (error) {
      await ours[Symbol.asyncDispose]();
      throw error;
    }
  }

  async ask({ bytes, halfClose = false, differs }: Case): Promise<{ ours: WireAnswer; real: WireAnswer }> {
    const [ours, real] = await Promise.all([
      exchangeBytes(this.#ours.port, bytes, { halfClose }),
      exchangeBytes(this.#real.port, bytes, {
        halfClose,
        ...(differs?.realIsSilent && { silenceMs: 1_000 }),
      }),
    ]);
    return { ours, real };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#real[Symbol.asyncDispose]();
    await this.#ours[Symbol.asyncDispose]();
  }
}
