/** The framework of v1 for each model type of v2. */
const FRAMEWORKS = new Map([
  ['triton_model', 'Multi'],
  ['custom_model', 'Custom'],
  ['mlflow_model', 'MLflow'],
]);

/** The framework for a type of v2, which is a custom model if there is none. */
export function frameworkOf(type: string | undefined): string {
  return FRAMEWORKS.get(type ?? 'custom_model') ?? 'Custom';
}

/** The type of v2 for a framework; v2 knows no others. */
export function modelTypeOf(framework: string): string {
  const [type] = [...FRAMEWORKS].find(([, known]) => known === framework) ?? [];
  return type ?? 'custom_model';
}
