/** One offload feature, or a group of them such as `tcp-segmentation-offload`, under the name `ethtool -k` prints. */
export interface Feature {
  readonly name: string;
  readonly enabled: boolean;
  /** What was asked for; differs from `enabled` while a dependency holds the feature back. */
  readonly requested: boolean;
  /** The driver does not let the feature be changed. A group of several never is. */
  readonly fixed: boolean;
}
