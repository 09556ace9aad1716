import type { LastHang } from '../kernel-log/count.ts';

/** How long a transmitter counts as hung after its last hang record. While it is hung, one comes every 2 to 4 s. */
const recentSeconds = 30;

/** What a device is like at one poll. Undefined values are those that cannot be read: they end no hang. */
export interface TransmitState {
  readonly carrier: number | undefined;
  readonly carrierChanges: number | undefined;
  readonly txPackets: number | undefined;
  readonly txBytes: TxBytes | undefined;
}

/** Bytes in the transmit queues. */
interface TxBytes {
  /** Whether the driver is seen to account for them. A reset makes it forget. */
  readonly isAccounted: boolean;
  readonly isWaiting: boolean;
}

/** Says from poll to poll whether a device hangs. */
export interface HangTracker {
  /** @param lastHang its last hang record, at a time in seconds since the epoch, and whether it was reset after that */
  isHanging(
    lastHang: Pick<LastHang, 'timestampSeconds' | 'isReset'> | undefined,
    nowSeconds: number,
    state: TransmitState,
  ): boolean;
}

/**
 * Makes the tracker of one device. It hangs while its last hang record is young, or while nothing has ended the hang: since
 * that record it has sent nothing, was not reset, kept its link, and has work waiting as far as its driver accounts for it.
 * A record that was old when it was first seen (from before the agent started) is history.
 */
export function createHangTracker(): HangTracker {
  let seen: number | undefined;
  let txPacketsAtHang: number | undefined;
  let carrierChangesAtHang: number | undefined;
  let isAccounted = false;
  let isStuck = false;

  return {
    isHanging: (lastHang, nowSeconds, { carrier, carrierChanges, txPackets, txBytes }) => {
      if (lastHang === undefined) {
        return false;
      }
      const { timestampSeconds, isReset } = lastHang;
      const isRecent = nowSeconds - timestampSeconds < recentSeconds;
      if (timestampSeconds !== seen) {
        seen = timestampSeconds;
        txPacketsAtHang = undefined;
        carrierChangesAtHang = undefined;
        isStuck = isRecent;
      }
      txPacketsAtHang ??= txPackets;
      carrierChangesAtHang ??= carrierChanges;
      isAccounted ||= txBytes !== undefined && (txBytes.isAccounted || txBytes.isWaiting);
      const isIdle = isAccounted && txBytes?.isWaiting === false;
      isStuck &&=
        !isReset &&
        !isIdle &&
        (txPackets ?? txPacketsAtHang) === txPacketsAtHang &&
        (carrierChanges ?? carrierChangesAtHang) === carrierChangesAtHang;
      return isRecent || (isStuck && carrier !== 0);
    },
  };
}
