/** The numbers of a version, the most significant first. */
type Version = readonly number[];

/**
 * Parses the release of a kernel. The suffix has no defined order and is ignored, so a release candidate counts as its
 * release.
 *
 * One real release: `3.10.0-1062.el7.x86_64`, which is 3, 10, 0, 1062
 *
 * @returns undefined if the text does not begin with a number.
 * @see uname(2)
 */
export function parseKernelVersion(text: string): Version | undefined {
  return numbers(/^\d{1,9}(?:[.-]\d{1,9}(?![\da-z]))*/i.exec(text)?.[0]);
}

/**
 * Parses the first word of a firmware version. Only a word of decimal numbers can be compared: `0x8000184d`, `2017:888d` and
 * `5719-v1.46` cannot.
 *
 * One real version: `8.30 0x8000a49d 1.2926.0`, which is 8, 30
 *
 * @returns undefined if it cannot be compared.
 * @see ethtool(8) -i
 */
export function parseFirmwareVersion(text: string): Version | undefined {
  return numbers(/^(\d{1,9}(?:[.-]\d{1,9})*)(?=[\s,/(]|$)/.exec(text)?.[1]);
}

/** Negative if the first is older, 0 if they are equal; missing numbers count as 0. */
export function compareVersions(one: Version, other: Version): number {
  const length = Math.max(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

function numbers(text: string | undefined): Version | undefined {
  return text?.split(/[.-]/).map(Number);
}
