import type { DeploymentRecord } from '../../workspace/index.ts';

/**
 * Chooses the deployment for a request: the one named by its `azureml-model-deployment` field, otherwise one according
 * to the traffic split.
 * @param traffic percentages by deployment; a name may equal a property of `Object.prototype`.
 * @param random at least 0 and below 1.
 * @returns undefined if no deployment of that name is running, or none has traffic.
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
  let remaining = random * total;
  return deployments.find((_, index) => {
    const weight = weights[index] ?? 0;
    remaining -= weight;
    return weight > 0 && remaining < 0;
  });
}
