export function readmeWithValues(text: string): string;
