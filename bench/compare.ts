// What nicwatch costs against node_exporter on the same devices, scraped in turns: CPU, latency, memory, start, size.
import { runInNamespace } from './namespace.ts';

await runInNamespace('side-by-side');
