/** What an agent says of itself at `/api/v1/status`. */
export interface ToldAgent {
  readonly version: string;
  /** Sources of the kernel log it tries, and those it reads. */
  readonly logSources: number;
  readonly readableSources: number;
  /** Names of the collectors that fail. */
  readonly failing: readonly string[];
  /** Whether its counts survive a restart; true where it does not know. */
  readonly isPersistent: boolean;
}

/** Parses the status of an agent. Undefined for anything that is none: something else may have its port. */
export function parseAgentStatus(text: string): ToldAgent | undefined {
  const agent = field(field(parseJson(text), 'data'), 'agent');
  const version = field(agent, 'version');
  if (typeof version !== 'string') {
    return undefined;
  }
  const sources = list(field(agent, 'kernelLog'));
  return {
    version,
    logSources: sources.length,
    readableSources: sources.filter((source) => field(source, 'up') === true).length,
    failing: list(field(agent, 'collectors'))
      .filter((collector) => field(collector, 'success') === false)
      .map((collector) => String(field(collector, 'name'))),
    isPersistent: field(agent, 'statePersistent') !== false,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? new Map<string, unknown>(Object.entries(value)).get(name)
    : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
