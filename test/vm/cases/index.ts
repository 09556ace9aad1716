import { nics } from '../nics.ts';
import { alerts } from './alerts.ts';
import type { Case } from './case.ts';
import { check } from './check.ts';
import { checksumCases } from './checksum.ts';
import { deadLoops, receiveChecksumFault } from './dead-loop.ts';
import {
  floodedRings,
  healthy,
  linkDownAndUp,
  removeAndAdd,
  rename,
  switchOffloads,
  unbindAndBind,
} from './devices.ts';
import { hangAgainAndAgain, hangOnce, killWhileHanging } from './hang.ts';
import { logOverrun } from './log-overrun.ts';
import { powerCut } from './power.ts';
import { wireCases, wireChanges } from './wire.ts';

/** All cases, in the order they run in: the last one boots again. */
export const cases: readonly Case[] = [
  healthy,
  linkDownAndUp,
  switchOffloads,
  rename,
  alerts,
  hangOnce([nics.eno1, nics.ens3, nics.enp6s0]),
  hangAgainAndAgain,
  killWhileHanging,
  check,
  ...deadLoops,
  receiveChecksumFault,
  ...checksumCases,
  ...wireCases,
  wireChanges,
  floodedRings,
  logOverrun,
  unbindAndBind,
  removeAndAdd,
  powerCut,
];
