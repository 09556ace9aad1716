// A day of polls in minutes: resident memory must stay within a tenth, and file descriptors where they are.
import { runInNamespace } from './namespace.ts';

await runInNamespace('soak-inside');
