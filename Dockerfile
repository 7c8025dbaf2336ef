# Clarion as an image: docker build -t clarion . (amd64 and arm64; see docs/install.md). The steps are in
# deploy/build-root.sh, which needs no Docker.
FROM node:24-bookworm-slim AS build
WORKDIR /source
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error
COPY . .
RUN npm run build && sh deploy/build-root.sh app /source /app

FROM debian:bookworm-slim
COPY deploy/build-root.sh /tmp/build-root.sh
RUN sh /tmp/build-root.sh packages && rm /tmp/build-root.sh
COPY --from=build /app /app
WORKDIR /app
USER 4400:4400
ENV NODE_ENV=production PATH=/app/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    CLARION_DATA_DIR=/data CLARION_HOST=0.0.0.0 CLARION_PORT=4400 CLARION_LOG_FORMAT=json
VOLUME /data
EXPOSE 4400
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.CLARION_PORT||4400)+'/health/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "src/server/main.ts"]
