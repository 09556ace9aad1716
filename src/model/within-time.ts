/** Waits for a promise, with a timeout; rejects only if the promise does. */
export async function withinTime(milliseconds: number, awaited: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([awaited, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
