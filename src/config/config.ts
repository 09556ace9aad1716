import type { KnownIssue } from '../model/known-issue.ts';

export type KernelLogSourceChoice = 'auto' | 'kmsg' | 'journal' | 'none';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Address to listen on; without a host, all addresses. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** A listening socket passed to the process by systemd. */
export interface InheritedSocket {
  readonly descriptor: number;
}

/** The validated configuration from flags and files, frozen. */
export interface Config {
  readonly listenAddresses: readonly ListenAddress[];
  /** Whether to listen on the sockets passed by systemd instead. */
  readonly systemdSocket: boolean;
  readonly telemetryPath: string;
  /** Maximum number of concurrent scrapes; 0 is no limit. */
  readonly maxRequests: number;
  /** Whether `POST /-/reload` reloads the configuration files. */
  readonly lifecycle: boolean;
  /** Undefined is plain HTTP without authentication. */
  readonly webConfigFile: string | undefined;
  readonly exporterMetrics: boolean;
  readonly collectors: ReadonlySet<string>;
  readonly deviceInclude: RegExp | undefined;
  readonly deviceExclude: RegExp | undefined;
  /** Features exported in addition to the curated ones; undefined is none. */
  readonly offloadFeatures: RegExp | undefined;
  /** Raw driver statistics to export, and those to exclude; undefined is none. */
  readonly ethtoolRaw: RegExp | undefined;
  readonly ethtoolRawExclude: RegExp | undefined;
  readonly wire: {
    /** Target samples per second and device. */
    readonly rate: number;
    /** Maximum source addresses per device. */
    readonly maxSources: number;
    /** UDP ports of tunnels. */
    readonly ports: readonly number[];
  };
  /** A file of the user's own known issues. */
  readonly knownIssuesFile: string | undefined;
  /** The built-in issues and those of the file; a new list after each reload. */
  readonly knownIssues: readonly KnownIssue[];
  readonly pollIntervalSeconds: number;
  readonly ethtoolReader: 'auto' | 'ioctl' | 'command';
  readonly kernelLogSource: KernelLogSourceChoice;
  /** Mount points of the host's file systems. */
  readonly paths: { readonly procfs: string; readonly sysfs: string; readonly rootfs: string };
  /** Directory for state that survives a restart. */
  readonly stateDirectory: string;
  readonly logLevel: LogLevel;
  readonly logFormat: 'logfmt' | 'json';
}
