#!/usr/bin/env node
import { tuneRuntime } from './host/runtime.ts';

tuneRuntime();
// Only now: loading all of it is the most work the agent ever does at once.
void import('./main.ts');
