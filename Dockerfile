# Only what runs goes into the image: production dependencies and the sources, which Node runs as they are.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim
# Inside a container 127.0.0.1 could not be reached from outside it.
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data NODE_COMPILE_CACHE=/app/.cache MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json package-lock.json ./
COPY openapi ./openapi
COPY schemas ./schemas
COPY routes ./routes
COPY src ./src
COPY bin ./bin
# For docker exec: vicidial-gateway check, and the other commands.
RUN ln -s /app/bin/vicidial-gateway.js /usr/local/bin/vicidial-gateway
# What was accepted must outlive the container: mount a named volume here. The gateway warns about one without a name.
RUN install -d -o node -g node -m 700 /data .cache
VOLUME /data
USER node
# Starts and ends it once, so that nothing is compiled at the start: 16 MB less at rest. Node keeps what it compiled
# apart for each user, so this must be the one that runs it.
RUN VICIDIAL_URL=http://127.0.0.1 VICIDIAL_USER=none VICIDIAL_PASS=none API_KEY=none DATA_DIR=/tmp/data \
  PORT=0 LOG_LEVEL=error \
  node --input-type=module -e "await import('/app/src/server.ts'); process.kill(process.pid, 'SIGTERM')" \
  && rm -r /tmp/data
EXPOSE 3000
# node:24-slim has no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# node is process 1 and gets SIGTERM itself: no shell and no npm in between.
# 16 MiB for the young generation, whatever the machine's memory, as `npm start` has it.
CMD ["node", "--max-semi-space-size=16", "src/server.ts"]
