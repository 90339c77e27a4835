import type { DeploymentRecord } from '../../workspace/index.ts';

/**
 * The deployment for a request: the one that its `azureml-model-deployment` field names, else one by the traffic split.
 * @param traffic percentages by name of deployment; any name may be a key, also one of `Object.prototype`.
 * @param random from 0 to below 1.
 * @returns undefined where no deployment of that name runs, or none has traffic.
 */
export function chooseDeployment(
  deployments: readonly DeploymentRecord[],
  traffic: Readonly<Record<string, number>>,
  named: string | undefined,
  random: number,
): DeploymentRecord | undefined {
  if (named !== undefined) return deployments.find(({ name }) => name === named);
  const shares = new Map(Object.entries(traffic));
  const weights = deployments.map(({ name }) => shares.get(name) ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = random * total;
  return deployments.find((_, index) => {
    const weight = weights[index] ?? 0;
    left -= weight;
    return weight > 0 && left < 0;
  });
}
