export function bundlePasswordWorker(): {
  readonly text: string;
  readonly inputs: readonly string[];
};
