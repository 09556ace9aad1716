export function runtimeFlags(path: string): string[];
