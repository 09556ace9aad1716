export function readVersion(): string;
export function debianVersion(version: string): string;
