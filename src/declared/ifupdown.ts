import type { Declaration, DeviceIdentity, IgnoredReason } from '../model/declaration.ts';
import type { Stanza, StanzaOption } from '../parsers/interfaces.ts';
import { mentionsSwitch, runShell } from './ethtool-run.ts';
import {
  debianHook,
  ifupdown2Keys,
  ifupdown2Options,
  misspelled,
  originOf,
} from './ifupdown-options.ts';
import type { Flavour, IfupdownScope } from './ifupdown-options.ts';
import type { CommandRun, DeviceLookup, RunStatus } from './ethtool-run.ts';
import { loadInterfaces } from './interfaces-files.ts';
import type { Activation, LoadedInterfaces } from './interfaces-files.ts';
import { doubt, ignore } from './outcome.ts';
import type { HostContext } from './predict.ts';

interface StanzaScope extends HostContext, IfupdownScope {
  readonly loaded: LoadedInterfaces;
}

const preUp = new Set(['pre-up']);
const postUp = new Set(['up', 'post-up']);

/**
 * Predicts the effect of interfaces(5) at boot: the order of its stanzas, and the settings of each line.
 *
 * @see ifup(8), /etc/network/if-up.d/ethtool of Debian's package ethtool, ifupdown2/addons/ethtool.py
 */
export function predictIfupdown(context: HostContext, flavour: Flavour): readonly Declaration[] {
  const loaded = loadInterfaces(context.tree, {
    flavour,
    deviceNames: context.devices.map(({ name }) => name),
    hasHotplug: context.installed.hotplug,
  });
  const targets: DeviceLookup = (name) =>
    context.lookUp(name) ?? (loaded.created.has(name) ? virtualDevice(name) : undefined);
  const { noScripts } = loaded;
  const scope: StanzaScope = { ...context, flavour, loaded, noScripts, targets };
  const run = loaded.isRefused
    ? []
    : loaded.activations.flatMap((activation) => runActivation(activation, scope));
  return [
    ...loaded.stanzas
      .filter((stanza) => loaded.isRefused || !isActivated(stanza, loaded))
      .flatMap((stanza) => unrun(stanza, scope, loaded.isRefused ? 'file-refused' : 'no-auto')),
    ...loaded.strays
      .filter(({ text }) => mentionsSwitch(text))
      .map(({ file, line, text }): Declaration => ({
        source: flavour,
        file,
        line,
        text,
        device: undefined,
        settings: [],
        outcome: { kind: 'ignored', reason: 'wrong-place' },
      })),
    ...run,
  ];
}

/** A device created by a stanza of a bridge has no known features yet. */
function virtualDevice(name: string): DeviceIdentity {
  return {
    name,
    kernelName: name,
    macAddress: undefined,
    permanentMacAddress: undefined,
    driver: undefined,
    busAddress: undefined,
    interfaceIndex: 0,
    type: 'virtual',
    master: undefined,
    features: undefined,
  };
}

function isActivated({ name }: Stanza, { activations }: LoadedInterfaces): boolean {
  return activations.some(({ stanzas }) => stanzas.some((stanza) => stanza.name === name));
}

/** Simulates `ifup DEVICE`. In ifupdown, the first failing command ends it. */
function runActivation(
  { device, stanzas, chosenBy }: Activation,
  scope: StanzaScope,
): readonly Declaration[] {
  const merged =
    scope.flavour === 'ifupdown'
      ? stanzas
      : [{ method: '', options: stanzas.flatMap(({ options }) => options) }];
  const declarations: Declaration[] = [];
  let status: RunStatus = 'ok';
  for (const { options, method } of merged) {
    // Nothing of a stanza is run that lacks what its method needs.
    if (
      scope.flavour === 'ifupdown' &&
      method === 'static' &&
      !options.some(({ key }) => key === 'address')
    ) {
      status = 'failed';
    }
    const env = environment(device, scope.flavour === 'ifupdown' ? options : []);
    const commands = (keys: ReadonlySet<string>) =>
      options.filter(({ key }) => keys.has(key)).map((option) => () => command(option, env, scope));
    const steps = [
      ...commands(preUp),
      ...(scope.flavour === 'ifupdown2' ? [() => ifupdown2Options(device, options, scope)] : []),
      ...commands(postUp),
      ...(scope.flavour === 'ifupdown' ? [() => debianHook(device, options, scope)] : []),
    ];
    for (const step of steps) {
      const run = step();
      const isAborted: boolean = scope.flavour === 'ifupdown' && status === 'failed';
      declarations.push(
        ...(isAborted ? run.declarations.map((row) => ignore(row, 'aborted')) : run.declarations),
      );
      status = isAborted ? 'failed' : run.status;
    }
    declarations.push(...misspelled(device, options, scope));
  }
  return declarations
    .map((row) =>
      chosenBy === undefined
        ? row
        : doubt(row, `only ${chosenBy} can tell which stanza is for ${device}`),
    )
    .flatMap((declaration) => withPorts(declaration, scope));
}

function environment(
  device: string,
  options: readonly StanzaOption[],
): Readonly<Record<string, string>> {
  const own = options.map(
    ({ key, value }) => [`IF_${key.toUpperCase().replaceAll(/[-.]/g, '_')}`, value] as const,
  );
  return { ...Object.fromEntries(own), IFACE: device, LOGICAL: device, MODE: 'start' };
}

function command(
  option: StanzaOption,
  env: Readonly<Record<string, string>>,
  { flavour, targets }: StanzaScope,
): CommandRun {
  return runShell(option.value, { origin: originOf(option, flavour), env, devices: targets });
}

/** The declarations of a stanza that does not run. */
function unrun(stanza: Stanza, scope: StanzaScope, reason: IgnoredReason): readonly Declaration[] {
  const env = environment(stanza.name, stanza.options);
  const keys = stanza.options.filter(({ key }) =>
    scope.flavour === 'ifupdown'
      ? /^offload[-_]/i.test(key)
      : ifupdown2Keys.has(key.replaceAll('_', '-')),
  );
  const declarations = [
    ...stanza.options
      .filter(({ key }) => preUp.has(key) || postUp.has(key))
      .flatMap((option) => command(option, env, scope).declarations),
    ...(scope.flavour === 'ifupdown'
      ? debianHook(stanza.name, keys, scope)
      : ifupdown2Options(stanza.name, keys, scope)
    ).declarations,
  ];
  return declarations.map((declaration) => ignore(declaration, reason));
}

/** Setting features of a bridge does not set those of its ports, as intended. */
function withPorts(
  declaration: Declaration,
  { loaded, lookUp }: StanzaScope,
): readonly Declaration[] {
  const { device, outcome } = declaration;
  if (device === undefined || outcome.kind !== 'applies') {
    return [declaration];
  }
  const ports = loaded.ports.get(device) ?? [];
  return [
    declaration,
    ...ports
      .filter((port) => lookUp(port) !== undefined)
      .map((port) => ignore({ ...declaration, device: port }, 'wrong-device', device)),
  ];
}
