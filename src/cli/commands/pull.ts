import { currentEnvironment } from '../../config/index.ts';
import { pullByName } from '../../emulator/index.ts';
import { print, showPullProgress } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { nextInterruption } from '../signals.ts';

/** `triton-local pull [IMAGE]`: gets the Triton image; what was fetched stays when it is interrupted. */
export async function pull(image: string | undefined, flags: Flags): Promise<number> {
  const json = flags.json === true;
  const progress = showPullProgress({ stream: process.stderr, json });
  const asked = new AbortController();
  let exitCode: number = EXIT.ok;
  void nextInterruption().then((interruption) => {
    exitCode = interruption.exitCode;
    asked.abort();
  });
  try {
    const dockerHost = typeof flags.dockerHost === 'string' ? flags.dockerHost : undefined;
    const slimBase = typeof flags.slimBase === 'string' ? flags.slimBase : undefined;
    const environment = currentEnvironment();
    const options = { image, slimBase, dockerHost, environment, events: progress };
    const pulled = await pullByName(options, asked.signal);
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
    if (!asked.signal.aborted) throw error;
    print('interrupted; what was fetched is kept, the next pull goes on from there\n');
    return exitCode;
  }
}
