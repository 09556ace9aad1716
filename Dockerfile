# The agent in a container. To see the host's network cards and kernel log it needs:
#   --network=host                       the host's devices and its /proc/net
#   --volume=/sys:/sys:ro                the host's sysfs (Docker mounts one of its own otherwise)
#   --volume=nicwatch:/var/lib/nicwatch  what it counted, across restarts of the container
# and, after the name of the image, --path.rootfs=/host, below which it looks for what else it reads of the host: the kernel log,
#   --device=/dev/kmsg:/host/dev/kmsg --cap-add=SYSLOG --user=0
# or the journal, which also tells of the boot before this one (GID is that of the host's group systemd-journal),
#   --volume=/var/log/journal:/host/var/log/journal:ro --volume=/run/log/journal:/host/run/log/journal:ro
#   --volume=/etc/machine-id:/host/etc/machine-id:ro --group-add=GID
# and the configuration of the network, for the collector declared and for `docker exec CONTAINER nicwatch check --path.rootfs=/host`:
#   --volume=/etc:/host/etc:ro --volume=/usr:/host/usr:ro --volume=/run/udev/data:/host/run/udev/data:ro
# Reading NICs needs no capability, and nothing but the volume is written: --read-only --cap-drop=ALL --security-opt=no-new-privileges
# go with the journal. It runs without any of these, and says in nicwatch_kernel_log_up,
# nicwatch_state_persistent and the list of devices what it does without.

# The same base, packages and commit give the same image. Build it with
#   docker buildx build --build-arg=SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) --output=type=oci,dest=image.tar,rewrite-timestamp=true .
# Beside the base it holds the agent and its native module (3 MiB), ethtool, journalctl and what they need (24 MiB).

ARG BASE=node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d

FROM $BASE AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY scripts/ensure.sh ./scripts/
RUN bash -ec '. scripts/ensure.sh; ensure_build_packages'
COPY scripts ./scripts
COPY tsconfig.json runbooks.json ./
COPY src ./src
ARG REVISION=unknown
ARG VERSION=
RUN NICWATCH_VERSION="$VERSION" NICWATCH_REVISION="$REVISION" npm run build && node scripts/runtime-files.mjs runtime

FROM $BASE AS runtime
ARG REVISION=unknown
ARG VERSION=
ARG SOURCE_DATE_EPOCH
LABEL org.opencontainers.image.title="nicwatch" \
      org.opencontainers.image.description="Prometheus exporter that watches network cards" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/nicwatch/nicwatch" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# systemd is the package of journalctl; nothing of it is started.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ethtool systemd \
 && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache /etc/machine-id \
 && install -d -o node -g node /var/lib/nicwatch \
 && ln -s ../lib/nicwatch/nicwatch.cjs /usr/local/bin/nicwatch
COPY --from=build /build/runtime /usr/local/lib/nicwatch
COPY --from=build /build/dist/nicwatch.cjs.map /build/dist/nicwatch.cjs.LEGAL.txt /usr/local/lib/nicwatch/
COPY LICENSE /usr/local/lib/nicwatch/LICENSE
USER node
VOLUME /var/lib/nicwatch
EXPOSE 10140
HEALTHCHECK --interval=30s --timeout=3s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:10140/-/healthy').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/local/lib/nicwatch/nicwatch.cjs"]
