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
