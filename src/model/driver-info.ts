/** Identity of a device's driver, from ETHTOOL_GDRVINFO. Fields the driver leaves blank are undefined. */
export interface DriverInfo {
  readonly driver: string | undefined;
  readonly version: string | undefined;
  readonly firmwareVersion: string | undefined;
  readonly busAddress: string | undefined;
}
