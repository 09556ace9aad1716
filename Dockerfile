# The agent in a container. To see the host's network cards and kernel log it needs:
#   --network=host                 the host's devices and its /proc/net
#   --volume=/sys:/sys:ro          the host's sysfs (Docker mounts one of its own otherwise)
#   --device=/dev/kmsg             the kernel log
#   --cap-add=SYSLOG --user=0      to open it where kernel.dmesg_restrict is 1; reading NICs needs neither
# It runs without any of these, and says in nicwatch_kernel_log_up and the device list what it does not see.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY scripts ./scripts
COPY tsconfig.json ./
COPY src ./src
ARG REVISION=unknown
RUN NICWATCH_REVISION="$REVISION" npm run build

FROM node:24-bookworm-slim AS runtime
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nicwatch" \
      org.opencontainers.image.description="Prometheus exporter that watches network cards" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION"
RUN apt-get update \
 && apt-get install -y --no-install-recommends ethtool \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/dist/nicwatch.mjs /usr/local/lib/nicwatch/nicwatch.mjs
COPY --from=build /build/dist/nicwatch.mjs.map /usr/local/lib/nicwatch/nicwatch.mjs.map
COPY --from=build /build/dist/nicwatch.mjs.LEGAL.txt /usr/local/lib/nicwatch/nicwatch.mjs.LEGAL.txt
COPY LICENSE /usr/local/lib/nicwatch/LICENSE
USER node
EXPOSE 10140
HEALTHCHECK --interval=30s --timeout=3s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:10140/-/healthy').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "/usr/local/lib/nicwatch/nicwatch.mjs"]
