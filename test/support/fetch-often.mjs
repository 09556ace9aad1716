// Fetches URL COUNT times, GAP milliseconds apart, and prints how many seconds each answer took, one a line. A program of
// its own, because a process cannot enter the network namespace of a test; what it does first is not counted.
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

const [url, count, gap] = process.argv.slice(2);

for (let index = -1; index < Number(count); index += 1) {
  const startedAt = performance.now();
  const response = await fetch(url);
  await response.text();
  if (index >= 0) {
    process.stdout.write(`${(performance.now() - startedAt) / 1000}\n`);
  }
  await setTimeout(Number(gap));
}
