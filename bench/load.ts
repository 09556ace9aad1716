// The built agent under many concurrent scrapers and slow clients: responses, latency and memory.
import { runInNamespace } from './namespace.ts';

await runInNamespace('load-inside');
