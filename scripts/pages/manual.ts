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
.B nicwatch check
.RI [ device ...]
.RI [ flags ]
.br
.B nicwatch drill list
.br
.B nicwatch drill checksum \-\-to=\fIADDRESS\fR [\-\-port=\fIPORT\fR]
.br
.B nicwatch probe serve \-\-secret\-file=\fIPATH\fR
.RI [ flags ]
.br
.B nicwatch probe run \-\-to=\fIHOST\fR[:\fIPORT\fR] \-\-secret\-file=\fIPATH\fR
.RI [ flags ]
.br
.B nicwatch probe mesh \-\-peer=\fINAME\fR \-\-secret\-file=\fIPATH\fR
.RI [ flags ]
.SH DESCRIPTION
Exports metrics of network cards for Prometheus, on port 10140 under /metrics: hangs, checksum errors, offload features,
drivers, firmware and kernel\-log events.
It changes nothing on the host.
.PP
.B nicwatch drill checksum
sends 200 VXLAN packets with a wrong outer checksum to another node, which drops and counts them; requires CAP_NET_RAW.
.PP
It needs the command
.BR ethtool (8),
CAP_SYSLOG to read /dev/kmsg if kernel.dmesg_restrict is 1, and the group systemd\-journal to read the journal.
Sources it cannot read are reported in its metrics.
.PP
.B nicwatch check
.RI [ device ...]
checks the network cards of this node once, as root or not: it reports problems, the commands that fix them now, and the edits that
make the fixes persistent.
.B nicwatch check \-\-help
lists its flags.
Its exit status is 0 without findings, 1 with findings, and 2 if a check could not be completed or the command line is invalid.
.PP
.B nicwatch probe run
measures the path to other nodes, which run
.BR "nicwatch probe serve" ,
with packets that faulty offloads corrupt, and says whether the path can be trusted, which side is suspect and what to switch off
to prove it.
.B nicwatch probe run \-\-help
and
.B nicwatch probe serve \-\-help
list their flags.
Its exit status is 0 where every path can be trusted, 1 where one failed, and 2 where one could not be tested or it was used wrongly.
.PP
.B nicwatch probe mesh
probes all other nodes in turn, answers their probes, and exports the results on port 10142 under /metrics.
.B nicwatch probe mesh \-\-help
lists its flags.
.SH OPTIONS
${options.join('')}.SH EXIT STATUS
.TP
.B 0
Terminated by SIGTERM or SIGINT, or printed the requested information.
.TP
.B 1
Cannot listen, or an unexpected error.
.TP
.B 2
Invalid command line or configuration file; one line on standard error names the flag.
.SH FILES
.TP
.I /etc/default/nicwatch
Flags of nicwatch.service.
.TP
.I /var/lib/nicwatch/kernel\-log.json
Position in the kernel log, and the counts up to it.
.SH SEE ALSO
.BR ethtool (8),
.BR prometheus (1),
.BR systemd.service (5)
`;
}

/** Flag and description of each row of the help, unwrapped. */
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

/** Escapes text for troff, with hyphens as minus signs so that flags can be copied. */
function escaped(text: string): string {
  return text.replaceAll('\\', String.raw`\e`).replaceAll('-', String.raw`\-`);
}
