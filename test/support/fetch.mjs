// Fetches URL as soon as somebody listens there, for SECONDS at most, and prints the answer as JSON. A program of its
// own, because a process cannot enter the network namespace of a test.
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

const [url, seconds] = process.argv.slice(2);
const deadline = performance.now() + Number(seconds) * 1000;

for (;;) {
  const startedAt = performance.now();
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(Math.ceil(deadline - startedAt)),
    });
    const text = await response.text();
    process.stdout.write(
      JSON.stringify({
        status: response.status,
        contentType: response.headers.get('content-type') ?? '',
        text,
        seconds: (performance.now() - startedAt) / 1000,
      }),
    );
    break;
  } catch (error) {
    if (error.cause?.code !== 'ECONNREFUSED' || performance.now() > deadline) {
      throw error;
    }
    await setTimeout(20);
  }
}
