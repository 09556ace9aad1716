// What many scrapers and slow clients at once do to the built agent: answers, latency and memory.
import { runInNamespace } from './namespace.ts';

await runInNamespace('load-inside');
