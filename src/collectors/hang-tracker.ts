/** How long a transmitter counts as hung after its last hang record. While it is hung, one comes every 2 to 4 s. */
const recentSeconds = 30;

/** What a device is like at one poll. */
export interface TransmitState {
  readonly carrier: number | undefined;
  readonly txPackets: number | undefined;
}

/** Says from poll to poll whether a device hangs. */
export interface HangTracker {
  /**
   * @param lastHangSeconds when the last hang record was written, in seconds since the epoch; undefined for never
   * @param state undefined values are those that cannot be read: they end no hang
   */
  isHanging(lastHangSeconds: number | undefined, nowSeconds: number, state: TransmitState): boolean;
}

/**
 * Makes the tracker of one device. It hangs while its last hang record is young, or has sent nothing since that record
 * while it has carrier. A record that was old when it was first seen (from before the agent started) is history.
 */
export function createHangTracker(): HangTracker {
  let seen: number | undefined;
  let txPacketsAtHang: number | undefined;
  let isStuck = false;

  return {
    isHanging: (lastHangSeconds, nowSeconds, { carrier, txPackets }) => {
      if (lastHangSeconds === undefined) {
        return false;
      }
      const isRecent = nowSeconds - lastHangSeconds < recentSeconds;
      if (lastHangSeconds !== seen) {
        seen = lastHangSeconds;
        txPacketsAtHang = txPackets;
        isStuck = isRecent;
      } else if (txPackets !== undefined) {
        txPacketsAtHang ??= txPackets;
        isStuck &&= txPackets === txPacketsAtHang;
      }
      return isRecent || (isStuck && carrier === 1);
    },
  };
}
