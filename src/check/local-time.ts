const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** A local time, with the date unless it is today. */
export function localTime(seconds: number, nowSeconds: number): string {
  const date = new Date(seconds * 1000);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  return date.toDateString() === new Date(nowSeconds * 1000).toDateString()
    ? time
    : `${date.getDate()} ${months[date.getMonth()]} ${time}`;
}
