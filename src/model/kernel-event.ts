/** The classes of kernel-log records nicwatch counts. */
export const kernelEventNames = [
  'unit_hang',
  'tx_timeout',
  'adapter_reset',
  'firmware_fault',
  'malicious_driver',
  'rx_csum_fault',
  'dead_loop',
  'device_lost',
] as const;

export type KernelEventName = (typeof kernelEventNames)[number];

/** One event as logged by the kernel. Device and driver are empty where the log does not name them. */
export interface LoggedEvent {
  readonly device: string;
  readonly driver: string;
  readonly event: KernelEventName;
  readonly timestampSeconds: number | undefined;
  /** Untrusted: it contains device names, which anyone with CAP_NET_ADMIN in some namespace can choose. */
  readonly text: string;
}
