import type { LastHang } from '../kernel-log/count.ts';

/** How long a transmitter counts as hung after its last hang record. During a hang there is one every 2 to 4 s. */
const recentSeconds = 30;

/** The state of a device in a poll. Undefined values cannot be read, and do not end a hang. */
export interface TransmitState {
  readonly carrier: number | undefined;
  readonly carrierChanges: number | undefined;
  readonly txPackets: number | undefined;
  readonly txBytes: TxBytes | undefined;
}

/** Bytes in the transmit queues. */
interface TxBytes {
  /** Whether the driver accounts for them, as far as can be seen. A reset clears this. */
  readonly isAccounted: boolean;
  readonly isWaiting: boolean;
}

/** Tracks across polls whether a device hangs. */
export interface HangTracker {
  /** @param lastHang its last hang record, and whether the device was reset after it */
  isHanging(
    lastHang: Pick<LastHang, 'timestampSeconds' | 'isReset'> | undefined,
    nowSeconds: number,
    state: TransmitState,
  ): boolean;
}

/**
 * Creates the tracker of one device. It hangs while its last hang record is recent, or until the hang has ended: since
 * that record it has sent nothing, was not reset, kept its link, and has bytes queued if its driver accounts for them.
 * A record that was already old when first seen, from before the agent started, is ignored.
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
