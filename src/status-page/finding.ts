import type { Runbook } from './runbooks.ts';

/** Something that is wrong, in one sentence about a device or about the agent. */
export interface Finding {
  readonly grade: 'warn' | 'bad';
  /** Undefined where it is about the agent, empty where the kernel log names no device. */
  readonly device: string | undefined;
  /** In a word or three. */
  readonly state: string;
  readonly sentence: string;
  /** When it last happened, in seconds since the epoch; undefined for what is so now. */
  readonly timestampSeconds: number | undefined;
  readonly runbook: Runbook | undefined;
}
