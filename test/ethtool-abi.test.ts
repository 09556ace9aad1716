import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  ethtoolCall,
  ethtoolCommands,
  ethtoolLayout,
  stringSets,
} from '../src/parsers/ethtool-structs.ts';
import { linkMessages } from '../src/parsers/link-message.ts';
import { compile, compilerProblem } from './support/c-compiler.ts';
import { skipNote } from './support/requirements.ts';

const layout = ethtoolLayout;

/** What nicwatch takes for granted, by the C expression that says it. */
const assumed = {
  'the commands': [
    ['ETHTOOL_GDRVINFO', ethtoolCommands.driverInfo],
    ['ETHTOOL_GRINGPARAM', ethtoolCommands.ringParameters],
    ['ETHTOOL_GSTRINGS', ethtoolCommands.strings],
    ['ETHTOOL_GSTATS', ethtoolCommands.statistics],
    ['ETHTOOL_GSSET_INFO', ethtoolCommands.stringSetInfo],
    ['ETHTOOL_GFEATURES', ethtoolCommands.features],
    ['ETH_SS_STATS', stringSets.statistics],
    ['ETH_SS_FEATURES', stringSets.features],
    ['ETH_GSTRING_LEN', layout.stringLength],
  ],
  'the call': [
    ['SIOCETHTOOL', ethtoolCall.siocEthtool],
    ['AF_INET', ethtoolCall.addressFamilyInet],
    ['SOCK_DGRAM | SOCK_CLOEXEC', ethtoolCall.socketDatagramCloseOnExec],
    ['IFNAMSIZ', ethtoolCall.interfaceNameLength],
    ['offsetof(struct ifreq, ifr_name)', 0],
    ['offsetof(struct ifreq, ifr_data)', ethtoolCall.interfaceNameLength],
    ['sizeof(((struct ifreq *)0)->ifr_data) == sizeof(void *)', 1],
    [`sizeof(struct ifreq) <= ${ethtoolCall.requestBytes}`, 1],
  ],
  'announcements of changes': [
    ['AF_NETLINK', linkMessages.addressFamilyNetlink],
    ['SOCK_RAW | SOCK_CLOEXEC', linkMessages.socketRawCloseOnExec],
    ['NETLINK_ROUTE', linkMessages.protocolRoute],
    ['RTMGRP_LINK', linkMessages.linkGroup],
    ['sizeof(struct sockaddr_nl)', linkMessages.address.size],
    ['offsetof(struct sockaddr_nl, nl_family)', 0],
    ['sizeof(((struct sockaddr_nl *)0)->nl_family)', 2],
    ['offsetof(struct sockaddr_nl, nl_groups)', linkMessages.address.groups],
    ['NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_index)', linkMessages.interfaceIndex],
  ],
  'struct ethtool_drvinfo': [
    ['sizeof(struct ethtool_drvinfo)', layout.driverInfo.size],
    ['offsetof(struct ethtool_drvinfo, cmd)', 0],
    ['offsetof(struct ethtool_drvinfo, driver)', layout.driverInfo.driver],
    ['offsetof(struct ethtool_drvinfo, version)', layout.driverInfo.version],
    ['offsetof(struct ethtool_drvinfo, fw_version)', layout.driverInfo.firmwareVersion],
    ['offsetof(struct ethtool_drvinfo, bus_info)', layout.driverInfo.busAddress],
    ['sizeof(((struct ethtool_drvinfo *)0)->driver)', layout.stringLength],
    ['sizeof(((struct ethtool_drvinfo *)0)->version)', layout.stringLength],
    ['sizeof(((struct ethtool_drvinfo *)0)->fw_version)', layout.stringLength],
    ['sizeof(((struct ethtool_drvinfo *)0)->bus_info)', layout.stringLength],
  ],
  'struct ethtool_sset_info': [
    ['offsetof(struct ethtool_sset_info, cmd)', 0],
    ['offsetof(struct ethtool_sset_info, reserved)', 4],
    ['offsetof(struct ethtool_sset_info, sset_mask)', layout.stringSetInfo.mask],
    ['offsetof(struct ethtool_sset_info, data)', layout.stringSetInfo.counts],
    ['sizeof(((struct ethtool_sset_info *)0)->sset_mask)', 8],
    ['sizeof(((struct ethtool_sset_info *)0)->data[0])', 4],
    [
      'offsetof(struct ethtool_sset_info, data) + sizeof(((struct ethtool_sset_info *)0)->data[0])',
      layout.stringSetInfo.size,
    ],
  ],
  'struct ethtool_gstrings': [
    ['offsetof(struct ethtool_gstrings, cmd)', 0],
    ['offsetof(struct ethtool_gstrings, string_set)', layout.strings.stringSet],
    ['offsetof(struct ethtool_gstrings, len)', layout.strings.count],
    ['offsetof(struct ethtool_gstrings, data)', layout.strings.data],
  ],
  'struct ethtool_stats': [
    ['offsetof(struct ethtool_stats, cmd)', 0],
    ['offsetof(struct ethtool_stats, n_stats)', layout.statistics.count],
    ['offsetof(struct ethtool_stats, data)', layout.statistics.data],
    ['sizeof(((struct ethtool_stats *)0)->data[0])', 8],
  ],
  'struct ethtool_gfeatures': [
    ['offsetof(struct ethtool_gfeatures, cmd)', 0],
    ['offsetof(struct ethtool_gfeatures, size)', layout.features.size],
    ['offsetof(struct ethtool_gfeatures, features)', layout.features.blocks],
    ['sizeof(struct ethtool_get_features_block)', layout.features.blockSize],
    ['offsetof(struct ethtool_get_features_block, available)', layout.featureBlock.available],
    ['offsetof(struct ethtool_get_features_block, requested)', layout.featureBlock.requested],
    ['offsetof(struct ethtool_get_features_block, active)', layout.featureBlock.active],
    [
      'offsetof(struct ethtool_get_features_block, never_changed)',
      layout.featureBlock.neverChanged,
    ],
  ],
  'struct ethtool_ringparam': [
    ['sizeof(struct ethtool_ringparam)', layout.ringParameters.size],
    ['offsetof(struct ethtool_ringparam, cmd)', 0],
    ['offsetof(struct ethtool_ringparam, tx_pending)', layout.ringParameters.txPending],
  ],
} as const;

const problem = compilerProblem();

describe.skipIf(problem !== undefined)(`the headers of the kernel${skipNote(problem)}`, () => {
  let directory: string;
  let said: ReadonlyMap<string, number>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nicwatch-abi-'));
    const program = join(directory, 'abi');
    const expressions = Object.values(assumed).flatMap((rows) =>
      rows.map(([expression]) => expression),
    );
    await compile(sourceOf(expressions), program);
    const { stdout } = await execa(program);
    const values = stdout.split('\n').map(Number);
    said = new Map(expressions.map((expression, index) => [expression, values[index] ?? NaN]));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  test.each(Object.entries(assumed))('lay out %s as assumed', (_, rows) => {
    expect(rows.map(([expression]) => [expression, said.get(expression)])).toEqual(rows);
  });
});

function sourceOf(expressions: readonly string[]): string {
  return `
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <net/if.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

int main(void)
{
${expressions.map((expression) => `\tprintf("%lu\\n", (unsigned long)(${expression}));`).join('\n')}
\treturn 0;
}
`;
}
