import { collectorDefinitions } from '../../src/collectors/index.ts';
import { parseArguments } from '../../src/config/arguments.ts';

/** The man page, with the flags the command line takes. */
export function manualPage(): string {
  const options = helpRows().map(
    ([flag = '', description = '']) => `.TP\n.B ${escaped(flag)}\n${escaped(description)}\n`,
  );
  return String.raw`.\" Generated from the code by npm run docs.
.TH NICWATCH 1 "" nicwatch "User Commands"
.SH NAME
nicwatch \- Prometheus exporter that watches network cards
.SH SYNOPSIS
.B nicwatch
.RI [ flags ]
.br
.B nicwatch drill list
.br
.B nicwatch drill checksum \-\-to=\fIADDRESS\fR [\-\-port=\fIPORT\fR]
.SH DESCRIPTION
Serves what network cards, their drivers and the kernel log tell of hangs, wrong checksums, offload flags, drivers and
firmware as metrics for Prometheus, on port 10140 under /metrics.
It changes nothing on the host.
.PP
.B nicwatch drill checksum
sends 200 VXLAN packets with a wrong outer checksum to another node, which drops and counts them; it needs CAP_NET_RAW.
.PP
It needs the command
.BR ethtool (8),
CAP_SYSLOG to read /dev/kmsg where kernel.dmesg_restrict is 1, and the group systemd\-journal to read the journal.
What it may not read it reports in its metrics, and goes on.
.SH OPTIONS
${options.join('')}.SH EXIT STATUS
.TP
.B 0
It was told to end, or said what it was asked for.
.TP
.B 1
It could not listen, or met an error nobody expected.
.TP
.B 2
The command line is wrong; one line on standard error names the flag.
.SH FILES
.TP
.I /etc/default/nicwatch
Flags of nicwatch.service.
.TP
.I /var/lib/nicwatch/kernel\-log.json
How far the kernel log was read, and what was counted until there.
.SH SEE ALSO
.BR ethtool (8),
.BR prometheus (1),
.BR systemd.service (5)
`;
}

/** Flag and description of each row of the help, which may be broken over lines. */
function helpRows(): readonly (readonly string[])[] {
  const invocation = parseArguments(['--help'], collectorDefinitions);
  if (invocation.action !== 'help') {
    throw new Error(`the arguments ask for ${invocation.action}`);
  }
  const [, table = ''] = invocation.text.split('Options:\n');
  return table
    .replaceAll(/\n {4,}/g, ' ')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => row.trim().split(/ {2,}/));
}

/** Text as troff takes it: a hyphen that is to be copied is a minus. */
function escaped(text: string): string {
  return text.replaceAll('\\', String.raw`\e`).replaceAll('-', String.raw`\-`);
}
