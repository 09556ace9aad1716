import type { KnownIssue } from '../model/known-issue.ts';

type EthtoolReaderChoice = 'auto' | 'ioctl' | 'command';
export type KernelLogSourceChoice = 'auto' | 'kmsg' | 'journal' | 'none';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
type LogFormat = 'logfmt' | 'json';

/** Where to listen. Without a host: every address of the machine. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** A listening socket the process was started with. */
export interface InheritedSocket {
  readonly descriptor: number;
}

/** Where the host's file systems are seen from here. */
interface HostPaths {
  readonly procfs: string;
  readonly sysfs: string;
  readonly rootfs: string;
}

/** What the collector `wire` samples. */
interface WireConfig {
  /** Samples a second and device to come near to. */
  readonly rate: number;
  /** Sources told apart on each device. */
  readonly maxSources: number;
  /** UDP ports of tunnels. */
  readonly ports: readonly number[];
}

/** What the process runs with: flags and files, checked and resolved, frozen. */
export interface Config {
  readonly listenAddresses: readonly ListenAddress[];
  /** Whether to serve on the sockets systemd passed instead of these. */
  readonly systemdSocket: boolean;
  readonly telemetryPath: string;
  /** Scrapes answered at the same time; 0 is no limit. */
  readonly maxRequests: number;
  /** Whether `POST /-/reload` reads files of the configuration anew. */
  readonly lifecycle: boolean;
  /** Of TLS and users; undefined is plain HTTP for everybody. */
  readonly webConfigFile: string | undefined;
  readonly exporterMetrics: boolean;
  readonly collectors: ReadonlySet<string>;
  readonly deviceInclude: RegExp | undefined;
  readonly deviceExclude: RegExp | undefined;
  /** Features exported beside the curated ones; undefined is none. */
  readonly offloadFeatures: RegExp | undefined;
  /** Driver statistics passed on as they are, and those of them left out; undefined is none. */
  readonly ethtoolRaw: RegExp | undefined;
  readonly ethtoolRawExclude: RegExp | undefined;
  readonly wire: WireConfig;
  /** A file of the user's own known issues. */
  readonly knownIssuesFile: string | undefined;
  /** Those that come with nicwatch, and those of the file: another list once that was read anew. */
  readonly knownIssues: readonly KnownIssue[];
  readonly pollIntervalSeconds: number;
  readonly ethtoolReader: EthtoolReaderChoice;
  readonly kernelLogSource: KernelLogSourceChoice;
  readonly paths: HostPaths;
  /** Where the agent keeps what must survive a restart. */
  readonly stateDirectory: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}
