import { bootCollector } from './boot.ts';
import type { CollectorDefinition } from './collector.ts';
import { deviceCollector } from './device.ts';
import { ethtoolCollector } from './ethtool.ts';
import { kernelLogCollector } from './kernel-log.ts';
import { knownIssueCollector } from './known-issue.ts';
import { netnsCollector } from './netns.ts';
import { offloadCollector } from './offload.ts';
import { stackCollector } from './stack.ts';
import { txStallCollector } from './tx-stall.ts';
import { txTimeoutCollector } from './tx-timeout.ts';
import { wireCollector } from './wire.ts';

/** Every collector there is, in the order of their families on `/metrics`. */
export const collectorDefinitions: readonly CollectorDefinition[] = [
  deviceCollector,
  txTimeoutCollector,
  txStallCollector,
  ethtoolCollector,
  offloadCollector,
  knownIssueCollector,
  stackCollector,
  netnsCollector,
  wireCollector,
  kernelLogCollector,
  bootCollector,
];
