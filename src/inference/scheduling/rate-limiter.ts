import { invalidArgument } from '../../kserve/index.ts';
import type { ModelConfig } from '../../repository/index.ts';
import type { ModelInstance } from '../backends/backend.ts';

type Resources = ReadonlyMap<string, number>;

interface Waiting {
  readonly instance: LimitedInstance;
  readonly start: () => void;
}

/**
 * Lets instances run only while the resources that their configuration names are free (Triton's
 * `--rate-limit=execution_count`). Of those that wait, the one with the smallest product of executions, including this
 * one, and priority goes first.
 */
export class RateLimiter {
  /** By name, from `--rate-limit-resource`; if it names any, there are no others. */
  readonly #given: Resources;
  readonly #inUse = new Map<string, number>();
  readonly #instances = new Set<LimitedInstance>();
  #waiting: Waiting[] = [];

  constructor(given: Resources) {
    this.#given = given;
  }

  /**
   * The instances of a model, each waiting for its resources before it runs.
   * @throws KServeError if they could never run
   */
  limit(config: ModelConfig, instances: readonly ModelInstance[]): readonly ModelInstance[] {
    const groups = config.instance_group.filter(({ passive }) => !passive);
    const limits = groups.flatMap((group) => Array.from({ length: group.count }, () => group.rate_limiter));
    return instances.map((instance, index) => {
      const { resources = [], priority = 0 } = limits[index] ?? {};
      const needed = new Map(resources.map(({ name, count }) => [name, count]));
      for (const [name, count] of needed) this.#checkPossible(name, count);
      const limited = new LimitedInstance(this, instance, needed, Math.max(1, priority));
      this.#instances.add(limited);
      return limited;
    });
  }

  /** Removes instances that no longer exist. */
  forget(instances: readonly ModelInstance[]): void {
    for (const instance of instances) this.#instances.delete(instance as LimitedInstance);
  }

  /** Resolves when the instance has its resources. */
  acquire(instance: LimitedInstance): Promise<void> {
    return new Promise((start) => {
      this.#waiting.push({ instance, start });
      this.#startNext();
    });
  }

  release(instance: LimitedInstance): void {
    this.#use(instance, -1);
    this.#startNext();
  }

  #startNext(): void {
    for (const next of [...this.#waiting].sort((a, b) => a.instance.rank - b.instance.rank)) {
      if (!this.#isFree(next.instance.resources)) continue;
      this.#use(next.instance, 1);
      this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
      next.start();
    }
  }

  #isFree(resources: Resources): boolean {
    return [...resources].every(
      ([name, count]) => (this.#inUse.get(name) ?? 0) + count <= this.#available(name),
    );
  }

  #use({ resources }: LimitedInstance, times: number): void {
    for (const [name, count] of resources)
      this.#inUse.set(name, (this.#inUse.get(name) ?? 0) + times * count);
  }

  #checkPossible(name: string, count: number): void {
    const given = this.#given.size > 0 ? (this.#given.get(name) ?? 0) : count;
    if (given < count)
      throw invalidArgument(
        `Resource count for "${name}" is limited to ${given} which will prevent scheduling of one or more model instances, the minimum required count is ${count}`,
      );
  }

  /** Without resources on the command line, there are as many of each as the most demanding instance needs. */
  #available(name: string): number {
    if (this.#given.size > 0) return this.#given.get(name) ?? 0;
    return Math.max(...[...this.#instances].map(({ resources }) => resources.get(name) ?? 0));
  }
}

class LimitedInstance implements ModelInstance {
  readonly resources: Resources;
  readonly #limiter: RateLimiter;
  readonly #instance: ModelInstance;
  readonly #priority: number;
  #executions = 0;

  constructor(limiter: RateLimiter, instance: ModelInstance, resources: Resources, priority: number) {
    this.#limiter = limiter;
    this.#instance = instance;
    this.resources = resources;
    this.#priority = priority;
  }

  /** Smaller goes first. */
  get rank(): number {
    return (this.#executions + 1) * this.#priority;
  }

  async execute(...batch: Parameters<ModelInstance['execute']>): ReturnType<ModelInstance['execute']> {
    await this.#limiter.acquire(this);
    this.#executions += 1;
    try {
      return await this.#instance.execute(...batch);
    } finally {
      this.#limiter.release(this);
    }
  }
}
