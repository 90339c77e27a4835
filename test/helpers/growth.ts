/**
 * How many times longer `run` takes for ten times the size: about 10 if the cost is linear, 100 if it is quadratic. The
 * fastest of several runs counts, so that a busy machine does not matter.
 */
export function costOfTenfold(run: (size: number) => void, size: number): number {
  return fastest(() => run(10 * size)) / fastest(() => run(size));
}

function fastest(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5; turn += 1) {
    const began = performance.now();
    run();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}
