import { currentEnvironment } from '../../config/index.ts';
import { pullByName } from '../../emulator/index.ts';
import { showPullProgress } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../print.ts';
import { cancelOnInterruption } from '../signals.ts';

export interface PullFlags {
  readonly slimBase: string | undefined;
  readonly dockerHost: string | undefined;
  readonly json: boolean;
}

/** `triton-local pull [IMAGE]`: gets the Triton image; if interrupted, it keeps what was fetched. */
export async function pull(image: string | undefined, flags: PullFlags): Promise<number> {
  const { json, dockerHost, slimBase } = flags;
  const progress = showPullProgress({ stream: process.stderr, json });
  const cancellation = cancelOnInterruption();
  try {
    const environment = currentEnvironment();
    const options = { image, slimBase, dockerHost, environment, events: progress };
    const pulled = await pullByName(options, cancellation.signal);
    progress.end();
    const gigabytes = (pulled.bytes / 1e9).toFixed(1);
    print(
      json
        ? `${JSON.stringify(pulled, null, 2)}\n`
        : `${pulled.reference} is here: ${gigabytes} GB (${pulled.about})\n`,
    );
    return EXIT.ok;
  } catch (error) {
    progress.end();
    if (!cancellation.signal.aborted) throw error;
    print('interrupted; what was fetched is kept, the next pull continues from there\n');
    return cancellation.exitCode;
  }
}
