#!/usr/bin/env -S node --single-threaded
// The flag above can only be set when Node.js starts: V8 then collects garbage without waking threads. Without it the agent
// works as well, but uses more CPU time.
import { tuneRuntime } from './host/runtime.ts';
import { handleEarlySignals } from './host/signals.ts';

handleEarlySignals();
tuneRuntime();
// Loaded after tuning: this is where the agent needs the most memory and CPU time at once.
void import('./main.ts');
