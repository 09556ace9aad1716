/** Packets a device has received and transmitted. */
export interface PacketCounters {
  readonly rxPackets: number;
  readonly txPackets: number;
}
