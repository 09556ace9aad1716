export function bundlePasswordWorker(): string;
