#!/usr/bin/env -S node --single-threaded
// The flag above can only be given when Node.js starts: V8 then collects garbage without threads to wake. Started without
// it, the agent works all the same, for more processor time.
import { tuneRuntime } from './host/runtime.ts';
import { handleEarlySignals } from './host/signals.ts';

handleEarlySignals();
tuneRuntime();
// Only now: loading all of it is the most work the agent ever does at once.
void import('./main.ts');
