#!/bin/sh
# What the image is made by: the Dockerfile runs it, and deploy/systemd/clarion.service names it for a machine without Docker. It
# needs nothing of Docker, so it can be tried in a debootstrap root with chroot; mount /proc there, or PostgreSQL does not find its
# libraries.
#
#   build-root.sh packages               as root: what Clarion needs of Debian, and the user it runs as
#   build-root.sh app <source> <target>  the app without tools and tests, its production packages, the built web app
#
# `app` needs npm and Node 20 or newer, and the registry; nothing needs them afterwards. POSIX sh; stops at the first failure.
set -eu

packages() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # The bundled PostgreSQL wants a locale and zones; networks are called over TLS.
  apt-get install -y -qq --no-install-recommends ca-certificates tzdata
  rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
  # 4400: as the port, and free on Debian.
  groupadd --system --gid 4400 clarion
  useradd --system --uid 4400 --gid 4400 --home-dir /data --no-create-home --shell /usr/sbin/nologin clarion
  mkdir -p /data
  chown clarion:clarion /data
  chmod 700 /data
}

app() {
  source=$(cd "$1" && pwd)
  mkdir -p "$2"
  target=$(cd "$2" && pwd)
  # What is read while Clarion runs. Each platform's README is the guide shown in it.
  for part in package.json package-lock.json .npmrc LICENSE migrations docs src; do
    if [ -e "$source/$part" ]; then cp -R "$source/$part" "$target/"; fi
  done
  mkdir -p "$target/dist"
  cp -R "$source/dist/web" "$target/dist/"
  rm -rf "$target/docs/screenshots"
  # The sources of the browser are in dist/web; tests and what they are fed are nobody's here.
  rm -rf "$target/src/web" "$target/src/ui"
  find "$target/src" -type d -name web -path '*/platforms/*' -prune -exec rm -rf {} +
  find "$target/src" -type f \( -name '*.test.ts' -o -name '*.test.tsx' \) -delete
  (cd "$target" && npm ci --omit=dev --include=optional --no-audit --no-fund --loglevel=error)
  # What packages could use if it were there (react for the login library, vite for its tests) is in the lock for the tools'
  # sake; npm keeps it with the optional packages, of which Node and PostgreSQL are two. Nothing here asks for it.
  (cd "$target" && node -e '
    const { packages } = require("./package-lock.json")
    for (const [at, p] of Object.entries(packages)) if (p.devOptional) require("fs").rmSync(at, { recursive: true, force: true })
    require("fs").rmSync("node_modules/.package-lock.json", { force: true })')
  # The headers of Node, 67 MB, are for compiling.
  rm -rf "$target"/node_modules/node-linux-*/include
  # Maps and declarations are for whoever changes a package; a machine runs without them.
  find "$target/node_modules" -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
}

case "${1:-}" in
  packages) packages ;;
  app) app "$2" "$3" ;;
  *) echo "usage: build-root.sh packages | app <source> <target>" >&2; exit 2 ;;
esac
